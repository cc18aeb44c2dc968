"""Runs that are harmed, go on, and must end as undisturbed ones."""

import csv
import hashlib
import json
import random
import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.campaign.bases import write_poems, write_table
from benchmarks.campaign.outcomes import GOOD, Verdict, how_it_ended, keep
from benchmarks.campaign.server import Finished, Job, Kill
from benchmarks.campaign.stories import Story

_TASKS = {
    "line": ["task=linear_regression", "trainer.max_epochs=8"],
    "digits": ["task=digits_mlp", "data.source=embedded", "data.train_size=300", "trainer.max_epochs=5"],
    "fashion": ["task=fashion_softmax", "data.source=embedded", "data.train_size=300", "trainer.max_epochs=5"],
    "table": ["task=regression", "data.file=table.csv", "data.target=price", "trainer.max_epochs=6"],
    "classes": ["task=softmax", "data.file=table.csv", "data.target=city", "trainer.max_epochs=6"],
    "poems": ["task=poetry_rnn", "data.corpus=poems.txt", "network.hidden_size=8", "network.embedding_size=8"],
    "words": ["task=word_embedding", "data.corpus=poems.txt", "data.min_count=1", "data.unit=character",
    "~callbacks.projector"],
    "surface": ["task=surface", "trainer.max_epochs=300", "checkpoint_every=20"],
}  # fmt: skip
_OPTIMIZERS = [
    "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw", "lion", "scratch_adam",
]  # fmt: skip
_SCHEDULERS = ["none", "step", "multistep", "exponential", "cosine", "one_cycle", "warmup_cosine", "plateau"]
_EXTRAS = [
    [], [], [], ["seed=3"], ["callbacks=[default,early_stopping]"], ["trainer.gradient_clip_val=1"],
    ["layers=scratch"],
    ["checkpoint_every=2"], ["logger=tensorboard"],
]  # fmt: skip
_TIMES = ("seconds", "second", "time", "rows_per", "per_second", "memory")  # columns that differ between any two runs
_MOST_KILLS = 3

References: TypeAlias = dict[str, tuple[Path, float]]
Hook: TypeAlias = Callable[[], None]
Harm: TypeAlias = Callable[[random.Random, float, bool], tuple[Kill | None, Hook | None]]


def kept(story: Story[Verdict], folder: Path, to: Path | None) -> Story[Verdict]:
    """The story, whose folder is kept where it ends badly."""
    verdict = yield from story
    if to and verdict.outcome not in GOOD:
        keep(folder, to)
    shutil.rmtree(folder, ignore_errors=True)
    return verdict


def _recipe(rng: random.Random) -> list[str]:
    task = rng.choice(list(_TASKS))
    extra = rng.choice(_EXTRAS) if task != "surface" else []
    swaps = [f"optimizer={rng.choice(_OPTIMIZERS)}", "optimizer.lr=0.001", f"scheduler={rng.choice(_SCHEDULERS)}"]
    quiet = ["pictures=none"] if any(each.startswith("logger=") for each in extra) else ["pictures=none", "logger=csv"]
    return [*_TASKS[task], *swaps, *quiet, *extra]


def command_of(recipe: Sequence[str], *options: str) -> Callable[[Path], list[str]]:
    def prepare(work: Path) -> list[str]:
        write_table(work / "table.csv")
        write_poems(work / "poems.txt")
        return ["train.py", *recipe, *options]

    return prepare


def one_run(
    seed: int, rng: random.Random, folder: Path, references: References, harm: Harm, kind: str = "kills"
) -> Story[Verdict]:
    """One run that is harmed a few times, and goes on, or begins anew, each time.

    Args:
        references: the undisturbed runs so far, with their seconds.
        harm: draws a kill, or a hook for the process; what it ends by an error goes on too.
    """
    recipe, fresh = _recipe(rng), rng.random() < 0.2
    what = " ".join(recipe)
    known = what + fresh * " fresh"
    if known not in references:
        reference = Job(folder.parent / f"reference-{seed}", command_of(recipe, "hydra.run.dir=run"), fresh=fresh)
        (finished,) = yield [reference]
        if finished.code:
            return Verdict(kind, seed, "campaign", f"the undisturbed run failed: {finished.stderr[-300:]}", what)
        references[known] = (reference.work / "run", finished.seconds)
    expected, seconds = references[known]
    run = folder / "work" / "run"
    commands = []
    for attempt in range(_MOST_KILLS + 1):
        last = attempt == _MOST_KILLS or (attempt > 0 and rng.random() < 0.6)
        goes_on = (run / "checkpoints" / "last.ckpt").is_file()
        if not goes_on and run.exists():
            shutil.rmtree(run)
        start = command_of(recipe, "hydra.run.dir=run") if not goes_on else lambda _: ["train.py", "resume=run"]
        kill, hook = (None, None) if last else harm(rng, seconds, fresh)
        (finished,) = yield [Job(folder, start, fresh=fresh, kill=kill, hook=hook)]
        commands.append(f"{'resume' if goes_on else 'start'}: code {finished.code}")
        failed = hook is not None and finished.code > 0
        if bad := how_it_ended(finished) if failed else bad_end(finished, killed=not last):
            return Verdict(kind, seed, *bad, what, tuple(commands))
        if finished.code in (1, 2) and not failed:
            return Verdict(kind, seed, "refused", finished.stderr.strip()[-300:], what, tuple(commands))
        if (run / "metrics.json").is_file():
            break
    return Verdict(kind, seed, *compared(expected, run), what, tuple(commands))


def bad_end(finished: Finished, killed: bool) -> tuple[str, str] | None:
    if "Traceback (most recent call last)" in finished.stderr:
        return "traceback", finished.stderr.strip().splitlines()[-1]
    if finished.hung:
        return "hang", f"after {finished.seconds:.0f} s"
    if finished.orphans:
        return "left behind", "a process"
    if not killed and finished.code not in (0, 1, 2):
        return "not one line", f"code {finished.code}: {finished.stderr[-200:]}"
    return None


def compared(expected: Path, run: Path) -> tuple[str, str]:
    """Returns the outcome: whether a run is, but for its times, the undisturbed one bit for bit."""
    if parts := [path.name for path in run.rglob("*.part")]:
        return "left behind", ", ".join(parts)
    for name in ("metrics.csv", "metrics.json"):
        if _without_times(run / name) != _without_times(expected / name):
            return "silently wrong", f"{name} differs from the undisturbed run's"
    for name in ("last.ckpt", "best.ckpt"):
        first, second = (_tensors(folder / "checkpoints" / name) for folder in (expected, run))
        if first != second:
            return (
                "silently wrong",
                f"{name}: {sum(a != b for a, b in zip(first, second, strict=False))} tensors differ",
            )
    return "accepted", ""


def _without_times(path: Path) -> Any:
    if not path.is_file():
        return None
    if path.suffix == ".json":
        contents = json.loads(path.read_text(encoding="utf-8"))
        return {name: value for name, value in contents.items() if "/" in name and "_per_" not in name}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: value for name, value in row.items() if not any(each in name for each in _TIMES)} for row in rows]


def _tensors(path: Path) -> list[str]:
    """Returns a digest of every tensor of a checkpoint, in order: weights, states of optimizer and generators."""
    if not path.is_file():
        return []
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if "/data/" in name]
        return [hashlib.sha256(archive.read(name)).hexdigest() for name in names]
