"""Kills runs, sweeps and searches at random moments and within their writes, and goes on with them."""

import contextlib
import io
import itertools
import os
import random
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.campaign.harmed import Hook, References, bad_end, command_of, compared, kept, one_run
from benchmarks.campaign.outcomes import Case, Verdict, judge
from benchmarks.campaign.server import Job, Kill
from benchmarks.campaign.stories import Story, run_stories

_SWEEP = ["-m", "task=linear_regression", "seed=0,1,2", "trainer.max_epochs=40", "logger=csv", "pictures=none"]
_PARALLEL = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]


def kills(count: int, first: int, scratch: Path, processes: int, keep: Path | None) -> Iterator[Verdict]:
    """Yields `count` verdicts; about one in ten is of a sweep in two processes, one in twenty of a search."""
    references: References = {}
    shared_memory = set(os.listdir("/dev/shm"))

    def killed(*arguments: Any) -> Story[Verdict]:
        return one_run(*arguments, _death)

    def stories() -> Iterator[Story[Verdict]]:
        for seed in range(first, first + count):
            rng = random.Random(f"kill {seed}")
            tell = rng.choices([killed, _sweep, _search], [17, 2, 1])[0]
            yield kept(tell(seed, rng, scratch / f"kill-{seed}", references), scratch / f"kill-{seed}", keep)

    yield from run_stories(stories(), processes)
    if left := set(os.listdir("/dev/shm")) - shared_memory:
        yield Verdict("kills", first, "left behind", f"/dev/shm holds {', '.join(sorted(left))}")


def _death(rng: random.Random, seconds: float, fresh: bool) -> tuple[Kill | None, Hook | None]:
    """Draws a death: from outside at some moment, or, in a fork, from inside at some write."""
    if not fresh and rng.random() < 0.5:
        at, in_save = rng.randint(1, 60), rng.random() < 0.4
        return None, lambda: _die_in_save(1 + at % 12) if in_save else _die_at_write(at)
    sent = rng.choices([signal.SIGKILL, signal.SIGTERM, signal.SIGINT], [6, 2, 2])[0]
    return Kill(rng.uniform(0, 1.1 * seconds), sent), None


def _die_at_write(number: int) -> None:
    """Kills this process before the `number`-th time that it opens a file for writing, renames or removes one."""
    count = itertools.count(1)

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        if (writes or event in ("os.rename", "os.remove")) and next(count) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)


def _die_in_save(number: int) -> None:
    """Kills this process when the `number`-th checkpoint is half written."""
    import torch

    save, count = torch.save, itertools.count(1)

    def half(contents: Any, file: Any, *arguments: Any, **options: Any) -> None:
        if next(count) < number:
            return save(contents, file, *arguments, **options)
        save(contents, whole := io.BytesIO(), *arguments, **options)
        with open(file, "wb") if isinstance(file, (str, Path)) else contextlib.nullcontext(file) as opened:
            opened.write(whole.getvalue()[: len(whole.getvalue()) // 2])
            opened.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return None

    torch.save = half


def _sweep(seed: int, rng: random.Random, folder: Path, references: References) -> Story[Verdict]:
    """A sweep in two processes: its command, a worker or all of them are killed, and sweep_resume= ends it."""
    if "sweep" not in references:
        reference = Job(
            folder.parent / f"reference-{seed}", command_of([*_SWEEP, *_PARALLEL], "hydra.sweep.dir=sweep"), fresh=True
        )
        (finished,) = yield [reference]
        if finished.code:
            return Verdict("kills: sweeps", seed, "campaign", f"the undisturbed sweep failed: {finished.stderr[-300:]}")
        references["sweep"] = (reference.work / "sweep", finished.seconds)
    expected, seconds = references["sweep"]
    whom, sent = rng.choice(["parent", "worker", "group"]), rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
    kill = Kill(rng.uniform(0.2, 1) * seconds, sent, whom)
    (finished,) = yield [Job(folder, command_of([*_SWEEP, *_PARALLEL], "hydra.sweep.dir=sweep"), fresh=True, kill=kill)]
    what = f"{whom} by signal {sent:d} after {kill.after:.1f} s"
    if bad := bad_end(finished, killed=True):
        return Verdict("kills: sweeps", seed, *bad, what)
    sweep = folder / "work" / "sweep"
    if not (sweep / "multirun.yaml").is_file():
        return Verdict("kills: sweeps", seed, "accepted", "killed before it began", what)
    again = ["train.py", "sweep_resume=sweep", *rng.choice([[], _PARALLEL])]
    (finished,) = yield [Job(folder, lambda _: again, fresh=True)]
    if finished.code:
        return Verdict(
            "kills: sweeps", seed, *(bad_end(finished, killed=False) or ("refused", finished.stderr[-300:])), what
        )
    ends = [compared(expected / name, sweep / name) for name in "012"]
    return Verdict("kills: sweeps", seed, *next((end for end in ends if end[0] != "accepted"), ends[0]), what)


def _search(seed: int, rng: random.Random, folder: Path, references: References) -> Story[Verdict]:
    """Two processes search in one study, one of them is killed; sweep_resume= of its sweep makes the trials whole."""
    trials, work = 6, folder / "shared"
    search = [
        "-m", "hydra/sweeper=optuna", "task=linear_toy", "optimizer.lr=interval(0.001,0.01)", "logger=csv",
        "pictures=none",
        f"hydra.sweeper.n_trials={trials}", f"hydra.sweeper.storage=sqlite:///{work}/study.db", "trainer.max_epochs=5",
    ]  # fmt: skip
    kill = Kill(rng.uniform(0.5, 6))
    yield [
        Job(
            folder / name,
            command_of(search, f"hydra.sweep.dir={name}"),
            kill=kill if name == "a" else None,
            shared=work,
        )
        for name in "ab"
    ]
    if (work / "a" / "multirun.yaml").is_file():
        (finished,) = yield [Job(folder / "c", lambda _: ["train.py", "sweep_resume=a"], shared=work)]
        outcome = judge(Case([]), finished, work)
        if outcome[0] != "accepted":
            return Verdict("kills: searches", seed, *outcome)
    with contextlib.closing(sqlite3.connect(work / "study.db")) as database:
        states = [state for (state,) in database.execute("select state from trials")]
    done = sum(state in ("COMPLETE", "PRUNED") for state in states)
    outcome = ("accepted", "") if done == trials else ("silently wrong", f"{done} of {trials} trials ended: {states}")
    return Verdict("kills: searches", seed, *outcome)
