"""The runs and sweeps below some folders, with what `lightlab runs` says about each."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lightlab.errors import UsageError
from lightlab.report.runs import Run, is_run, read_run
from lightlab.runs.folder import is_set_aside
from lightlab.runs.lock import is_in_use
from lightlab.runs.places import LOCK
from lightlab.runs.removal import runs_in, size_of


@dataclass(frozen=True)
class Entry:
    """A run or a sweep.

    Attributes:
        runs: how many; None for a single one.
        score: of the monitored metric; in a sweep, the best of its runs.
        epochs: of a sweep, of all its runs.
        age: seconds since it was last written.
        state: ``running`` while a process holds its lock; of a sweep, ``done`` if all its runs are.
    """

    folder: Path
    task: str
    runs: int | None
    metric: str
    score: float | None
    epochs: int
    age: float
    size: int
    state: str

    def plain(self) -> dict[str, Any]:
        """Returns the entry as JSON takes it."""
        return asdict(self) | {"folder": str(self.folder), "age": round(self.age)}


SORTS: dict[str, Callable[[Entry], Any]] = {
    "age": lambda entry: entry.age,
    "task": lambda entry: (entry.task, entry.age),
    "score": lambda entry: (entry.score is None, -(entry.score or 0)),
    "epochs": lambda entry: -entry.epochs,
    "size": lambda entry: -entry.size,
    "state": lambda entry: (entry.state, entry.age),
}


def entries(folders: Sequence[Path], task: str | None = None, sort: str = "age") -> list[Entry]:
    """Returns every run and sweep in and below `folders`; the runs of a sweep are not listed by themselves.

    Raises:
        UsageError: a folder does not exist.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder; name one with runs below it")
    places = {os.path.realpath(path): path for folder in folders for path in _places(folder)}
    listed = [entry(path) for path in places.values()]
    return sorted((each for each in listed if task in (None, each.task)), key=SORTS[sort])


def _places(folder: Path) -> Iterator[Path]:
    if is_run(folder) or runs_in(folder):
        yield folder
        return
    try:
        inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:  # not ours to read
        return
    for path in inside:
        if not path.name.startswith(".") and not is_set_aside(Path(path.name)):
            yield from _places(path)


def entry(folder: Path) -> Entry:
    """Reads a run or a sweep, whose files may be in any state."""
    parts = runs_in(folder)
    runs = [read_run(path) for path in parts or [folder]]
    first = runs[0]
    scores = [score for run in runs if (score := _score(run)) is not None]
    best = (max if first.larger_is_better else min)(scores, default=None)
    is_running = any(map(is_in_use, [folder, *parts]))
    return Entry(
        folder=folder,
        task=first.task,
        runs=len(runs) if parts else None,
        metric=first.monitor,
        score=best,
        epochs=sum(run.epochs_done for run in runs),
        age=max(0.0, time.time() - _written(folder)),
        size=size_of(folder),
        state="running" if is_running else _state([run.outcome for run in runs]),
    )


def _score(run: Run) -> float | None:
    """Returns the monitored metric of metrics.json; of a run that is not done, its best epoch's."""
    if (score := run.metric(run.monitor)) is not None:
        return score
    values = run.epochs.finite(run.monitor).values()
    return (max if run.larger_is_better else min)(values, default=None)


def _written(folder: Path) -> float:
    times = [_modified(path) for path in (folder, *_inside(folder))]
    return max(times)


def _inside(folder: Path) -> Iterable[Path]:
    return (Path(place, name) for place, _, names in os.walk(folder) for name in names if name != LOCK)


def _modified(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:  # gone meanwhile
        return 0.0


def _state(outcomes: Sequence[str]) -> str:
    """``done``; of several runs that ended differently ``5 done, 1 failed``."""
    counts = Counter(outcomes)
    return ", ".join(f"{count} {name}" for name, count in counts.items()) if len(counts) > 1 else outcomes[0]
