"""A full or read-only disk, a clock that is set back, and two starts at once: nothing may be lost."""

import errno
import itertools
import os
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.campaign.bases import QUESTIONS, Bases
from benchmarks.campaign.harmed import Hook, References, compared, kept, one_run
from benchmarks.campaign.outcomes import BAD, Case, Verdict, judge, table
from benchmarks.campaign.server import Job, Kill
from benchmarks.campaign.stories import Story, run_stories

_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO)
_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate")
_LINE = ["task=linear_regression", "trainer.max_epochs=8", "logger=csv", "pictures=none"]


def disk(count: int, first: int, bases: Bases, scratch: Path, processes: int, keep: Path | None) -> Iterator[Verdict]:
    """Yields `count` verdicts, the troubles in turn."""
    references: References = {}

    def failing(seed: int, rng: random.Random, folder: Path) -> Story[Verdict]:
        return one_run(seed, rng, folder, references, _fault, "disk: runs")

    def set_back(seed: int, rng: random.Random, folder: Path) -> Story[Verdict]:
        return one_run(seed, rng, folder, references, _other_clock, "disk: clock")

    def asking(seed: int, rng: random.Random, folder: Path) -> Story[Verdict]:
        return _other_commands(seed, rng, folder, bases)

    tellers = (failing, asking, set_back, failing, _two_starts)
    for name in ("table", "line"):
        bases.make(name)
    tellings = zip(itertools.cycle(tellers), range(first, first + count))  # the cycle has no end
    stories = (
        kept(tell(seed, random.Random(f"disk {seed}"), scratch / f"disk-{seed}"), scratch / f"disk-{seed}", keep)
        for tell, seed in tellings
    )
    yield from run_stories(stories, processes)


def _fault(rng: random.Random, seconds: float, fresh: bool) -> tuple[Kill | None, Hook | None]:
    """Draws a disk that fails from the n-th write on, or files that cannot grow beyond some size."""
    number, code, once = rng.randint(1, 50), rng.choice(_ERRORS), rng.random() < 0.3
    size = int(10 ** rng.uniform(1, 5.3))
    return None, (lambda: _small_files(size)) if rng.random() < 0.4 else lambda: _fail(number, code, once)


def _small_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _fail(number: int, code: int, once: bool) -> None:
    """Makes the `number`-th change of a file fail, and all later ones unless `once`."""
    count = itertools.count(1)
    reading = ("/dev/", "/proc/", "/sys/")

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" and event not in _CHANGES:
            return
        if event == "open" and not (isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")):
            return
        if isinstance(arguments[0], int) or os.fsdecode(arguments[0]).startswith(reading):
            return
        now = next(count)
        if now == number or (now > number and not once):
            raise OSError(code, os.strerror(code), arguments[0])

    sys.addaudithook(hear)


def _other_clock(rng: random.Random, seconds: float, fresh: bool) -> tuple[Kill | None, Hook | None]:
    """Draws a clock that is wrong by up to years, and a kill."""
    shift = rng.choice([-60, -3600, -86400, -10 * 365 * 86400, 86400])
    return Kill(rng.uniform(0.2, 1) * seconds), lambda: _shift_clock(shift)


def _shift_clock(shift: float) -> None:
    now, text = time.time, time.strftime
    time.time = lambda: now() + shift
    time.strftime = lambda form, moment=None: text(form, moment or time.localtime(now() + shift))


def _other_commands(seed: int, rng: random.Random, folder: Path, bases: Bases) -> Story[Verdict]:
    """predict.py and report on a failing disk: what they write is whole or not there."""
    command = rng.choice(
        [["predict.py", "run=run", QUESTIONS["table"][0], "output=out.csv"], ["lightlab", "report", "run"]]
    )

    def prepare(work: Path) -> Sequence[str]:
        bases.copy("table", work)
        return command

    _, hook = _fault(rng, 1, False)
    (finished,) = yield [Job(folder, prepare, hook=hook)]
    outcome, output = judge(Case(command), finished, folder / "work"), folder / "work" / "out.csv"
    if outcome[0] not in BAD and output.exists() and len(table(output)) != QUESTIONS["table"][1]:
        outcome = "silently wrong", "out.csv is not whole"
    return Verdict("disk: other commands", seed, *outcome, " ".join(command))


def _two_starts(seed: int, rng: random.Random, folder: Path) -> Story[Verdict]:
    """Two runs that start in the same second, into one folder, or that resume the same run."""
    shared = folder / "shared"
    what = rng.choice(["in one second", "into one folder", "of one resume"])
    place = [] if what == "in one second" else ["hydra.run.dir=run"]
    start = ["train.py", *_LINE, *place]
    (alone,) = yield [Job(folder / "alone", lambda _: ["train.py", *_LINE, "hydra.run.dir=run"])]
    if what == "of one resume":
        yield [Job(folder / "first", lambda _: start, kill=Kill(0.5 * alone.seconds), shared=shared)]
        if (shared / "run" / "checkpoints" / "last.ckpt").is_file():
            start = ["train.py", "resume=run"]
    both = yield [Job(folder / name, lambda _: start, hook=_stop_clock, shared=shared) for name in "ab"]
    outcomes = [judge(Case(start), finished, shared) for finished in both]
    bad = next((outcome for outcome in outcomes if outcome[0] in BAD), None)
    runs = sorted(path.parent for path in shared.rglob("metrics.json"))
    if bad is None and len(runs) != (2 if what == "in one second" else 1):
        bad = "silently wrong", f"{len(runs)} whole runs"
    ends = [compared(folder / "alone" / "work" / "run", run) for run in runs]
    bad = bad or next((end for end in ends if end[0] in BAD), None)
    return Verdict("disk: two starts", seed, *(bad or ("accepted", "")), what)


def _stop_clock() -> None:
    text = time.strftime
    time.strftime = lambda form, moment=None: text(form, moment or time.gmtime(10**9))
