"""Rows of numbers that a user wants predictions for: written out, or in a CSV file."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lightlab.data.base import Inputs
from lightlab.errors import DataError, one_line

_LARGEST = torch.finfo(torch.float32).max


def read_numbers(source: Any, features: Sequence[str], target: str) -> Inputs:
    """Reads ``[[4.0], [5.0]]``, ``4.0``, or a CSV file with a header; a column named `target` is taken as labels.

    Raises:
        DataError: no such file, columns missing, a cell that is no finite number, rows of another length.
    """
    if isinstance(source, str):
        return _read_csv(Path(os.path.expanduser(source)), features, target)  # which leaves ~nobody as it is
    rows = source if isinstance(source, list) else [source]
    rows = [row if isinstance(row, list) else [row] for row in rows]
    if not rows:
        raise DataError("input= holds no row; write input=[[4.0]] or name a CSV file")
    for number, row in enumerate(rows, start=1):
        _check_row(row, f"input= row {number}", features)
    return _inputs([[float(cell) for cell in row] for row in rows], features, None)


def _read_csv(path: Path, features: Sequence[str], target: str) -> Inputs:
    import pandas as pd

    if not os.path.isfile(path):  # Path.is_file raises on a name that is too long
        raise DataError(
            f"input={path}: no such file; name a CSV with the columns {', '.join(features)}, "
            "or write rows as input=[[4.0]]"
        )
    try:
        table = pd.read_csv(path, encoding="utf-8-sig")
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: not a CSV file: {one_line(error)}") from None
    missing = [name for name in features if name not in table.columns]
    if missing or table.empty:
        found = ", ".join(map(str, table.columns))
        raise DataError(
            f"{path}: needs a row or more with the columns {', '.join(features)}; found {len(table)} rows of {found}"
        )
    for number, row in enumerate(table[list(features)].to_numpy().tolist(), start=2):
        _check_row(row, f"{path} line {number}", features)
    targets = None
    if target in table.columns:
        for number, cell in enumerate(table[target].tolist(), start=2):
            _check_row([cell], f"{path} line {number}", [target])
        targets = torch.tensor(table[target].to_numpy(dtype="float32")).unsqueeze(1)
    return _inputs(table[list(features)].to_numpy(dtype=float).tolist(), features, targets)


def _check_row(row: list[Any], where: str, features: Sequence[str]) -> None:
    if len(row) != len(features):
        raise DataError(f"{where} has {len(row)} numbers; this run takes {len(features)}: {', '.join(features)}")
    for name, cell in zip(features, row, strict=True):
        if not isinstance(cell, (int, float)) or isinstance(cell, bool) or not abs(cell) <= _LARGEST:
            raise DataError(f"{where}, {name}: {cell!r} is not a finite number")


def _inputs(rows: list[list[float]], features: Sequence[str], targets: Tensor | None) -> Inputs:
    columns: dict[str, list[Any]] = {name: [row[index] for row in rows] for index, name in enumerate(features)}
    names = [str(number) for number in range(1, len(rows) + 1)]
    return Inputs(names, torch.tensor(rows, dtype=torch.float32), targets, columns)
