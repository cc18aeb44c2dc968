"""The file that a table of predictions is written to."""

import os
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd

from lightlab.errors import DataError, UsageError, one_line
from lightlab.files import csv_cell, whole_file

_OF_RUNS = ("metrics.*", "folds.csv", "trajectory.csv", "summary.csv", "environment*.json")


def check_output(path: Path, sources: Iterable[str]) -> None:
    """Refuses, before anything is predicted, a file that cannot be written or must not be replaced.

    Args:
        sources: files and folders that the predictions are made from; other texts are ignored.

    Raises:
        UsageError: says why.
    """
    try:
        os.stat(path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise UsageError(f"output={path}: cannot be written: {one_line(error, 120)}") from None
    else:
        _check_replaced(path, sources)
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"output={path}: {folder} cannot be written to; name another folder")


def _check_replaced(path: Path, sources: Iterable[str]) -> None:
    if not path.is_file():
        raise UsageError(f"output={path}: there is something else than a file; name a .csv or .json file")
    for source in sources:
        if os.path.exists(source) and (os.path.samefile(source, path) or os.path.samefile(source, path.parent)):
            raise UsageError(f"output={path}: the predictions are made from {source}; name another file")
    is_run = any((path.parent / name).is_dir() for name in (".hydra", "checkpoints"))
    if is_run and any(fnmatch(path.name, pattern) for pattern in _OF_RUNS):
        raise UsageError(f"output={path}: is a record of that run; name another file")
    if not os.access(path, os.W_OK):
        raise UsageError(f"output={path}: is read-only; name another file")


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Writes all rows as JSON or CSV, by the path's suffix; in a CSV no text is a formula.

    Raises:
        DataError: the file cannot be written.
    """
    try:
        with whole_file(path) as unfinished:
            if path.suffix == ".json":
                table.to_json(unfinished, orient="records", force_ascii=False, indent=1)
            else:
                texts = {str(name): table[name].map(csv_cell) for name in table.select_dtypes(exclude="number")}
                table = table.assign(**texts).rename(columns=csv_cell)
                table.to_csv(unfinished, index=False, encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"output={path}: could not be written: {one_line(error)}") from None
