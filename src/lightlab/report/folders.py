"""The runs that lie in and below folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lightlab.errors import DataError, UsageError
from lightlab.report.runs import Run, read_run

_MARKS = (".hydra", "metrics.csv", "metrics.json", "error.txt", "pruned.txt")


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """Every run below `folders`, or each that one of them is, once; of a cross-validation every fold.

    Raises:
        UsageError: a folder does not exist.
        DataError: they hold no run.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder; name a run, or a folder with runs below it")
    found = dict.fromkeys(Path(os.path.abspath(run)) for folder in folders for run in _below(folder))
    if not found:
        named = ", ".join(map(str, folders))
        raise DataError(f"{named}: no run lies here (none has .hydra/, metrics.csv, metrics.json or error.txt)")
    return [run for folder in found for run in _read(folder)]


def is_run(folder: Path) -> bool:
    return any((folder / name).exists() for name in _MARKS)


def natural(name: str) -> list[tuple[bool, int, str]]:
    """Sorts run 2 before run 10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return [(not each.isdigit(), int(each) if each.isdigit() else 0, each) for each in parts]


def _below(folder: Path) -> Iterator[Path]:
    if is_run(folder):
        yield folder
        return
    try:
        inside = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        return
    for path in sorted(inside, key=lambda path: natural(path.name)):
        if not path.name.startswith("."):
            yield from _below(path)


def _read(folder: Path) -> Iterator[Run]:
    """The folds of a run that has some; and itself, unless its folds say all."""
    folds = sorted((path.name for path in folder.glob("fold-*-*") if path.is_dir()), key=natural)
    yield from (read_run(folder, fold) for fold in folds)
    if not folds or not (folder / "metrics.json").is_file():
        yield read_run(folder)
