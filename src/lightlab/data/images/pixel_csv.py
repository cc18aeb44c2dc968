"""Images as rows of a CSV file, as Kaggle hands them out: a label, then one column a pixel, row by row."""

from __future__ import annotations

import csv
import io
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lightlab.data.cache import cached
from lightlab.data.images.idx import open_plain_or_gzip, unreadable
from lightlab.data.tables.reading import is_number
from lightlab.errors import DataError

VERSION = "pixel_csv 1"
CHUNK_ROWS = 4096  # bounds the memory for numbers as float64: 25 MiB at 28×28
FIRST_LINE_BYTES = 2**20


def read_pixel_csv(
    path: Path, cache_dir: Path, classes: int = 10, height: int = 28, width: int = 28, labelled: bool | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns uint8 images (N, H, W) and int64 labels (N,), or None where the file has none.

    Plain or gzipped, with or without a header. `labelled=None` tells by the number of columns; a bool demands.
    """
    path = Path(path)
    version = f"{VERSION} {classes} {height}x{width} {labelled}"
    arrays = cached(path, cache_dir, version, lambda: _parse(path, classes, height * width, labelled))
    return arrays["pixels"].reshape(-1, height, width), arrays.get("labels")


@dataclass(frozen=True)
class _Layout:
    """What the first line says about the file; `names` are the columns'."""

    names: list[str]
    header: bool
    labelled: bool
    classes: int

    def highest(self, column: int) -> int:
        return self.classes - 1 if self.labelled and column == 0 else 255

    @property
    def limits(self) -> np.ndarray:  # (columns,)
        return np.array([self.highest(column) for column in range(len(self.names))])


def _parse(path: Path, classes: int, pixels: int, labelled: bool | None) -> dict[str, np.ndarray]:
    try:
        layout = _layout(path, classes, pixels, labelled)
        table = _read_table(path, layout)  # (N, columns)
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise unreadable(path, error) from error
    if not layout.labelled:
        return {"pixels": table}
    return {"pixels": np.ascontiguousarray(table[:, 1:]), "labels": table[:, 0].astype(np.int64)}


def _layout(path: Path, classes: int, pixels: int, labelled: bool | None) -> _Layout:
    with open_plain_or_gzip(path) as file:
        line = file.readline(FIRST_LINE_BYTES).decode("utf-8-sig", "replace")
    cells = next(csv.reader([line]), [])
    if not cells:
        raise DataError(
            f"{path}: the file is empty or begins with an empty line; expected a label and {pixels} pixels a row"
        )
    found = _labelled(path, len(cells), pixels, labelled)
    begins_with_label = cells[0].strip().lower() == "label"
    header = begins_with_label or all(cell.strip() and not is_number(cell) for cell in cells)
    if header and found != begins_with_label:
        raise DataError(
            f"{path}: row 1: {len(cells)} columns, the first {cells[0][:40]!r}; "
            f"expected 'label', then {pixels} pixels, or {pixels} pixels alone"
        )
    names = cells if header else ["label"] * found + [f"pixel{i}" for i in range(pixels)]
    return _Layout(names, header, found, classes)


def _labelled(path: Path, columns: int, pixels: int, labelled: bool | None) -> bool:
    allowed = {pixels + 1: True, pixels: False}
    if columns in allowed and labelled in (None, allowed[columns]):
        return allowed[columns]
    expected = {True: f"{pixels + 1}", False: f"{pixels}", None: f"{pixels + 1} or {pixels}"}[labelled]
    missing = "the label column is missing: " if labelled and columns == pixels else ""
    raise DataError(
        f"{path}: row 1: {missing}{columns} columns, expected {expected} "
        f"({'' if labelled is False else 'label, then '}{pixels} pixels), with commas between"
    )


def _read_table(path: Path, layout: _Layout) -> np.ndarray:
    import pandas as pd

    limits = layout.limits
    parts = []
    try:
        with open_plain_or_gzip(path) as file:
            rows = pd.read_csv(
                file, header=None, skiprows=int(layout.header), dtype=np.float64, na_filter=False, chunksize=CHUNK_ROWS
            )
            for chunk in rows:
                parts.append(_whole_numbers(chunk.to_numpy(), limits))
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path}: a header and no rows; expected one image a row") from error
    except ValueError as error:
        raise _first_fault(path, layout, len(parts) * CHUNK_ROWS) or DataError(
            f"{path}: not a table of numbers ({error})"
        ) from error
    return np.concatenate(parts)


def _whole_numbers(values: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Returns (N, columns) as uint8, or raises a ValueError: which cell it was is looked for only then."""
    if values.shape[1] != len(limits) or not np.isfinite(values).all():
        raise ValueError("wrong shape, or not finite")
    if values.min() < 0 or (values > limits).any():
        raise ValueError("out of range")
    whole = values.astype(np.uint8)
    if (whole != values).any():
        raise ValueError("not whole")
    return whole


def _first_fault(path: Path, layout: _Layout, right: int) -> DataError | None:
    """Looks again, cell by cell; the first `right` rows need no second look."""
    for row, cells in itertools.islice(_rows(path, layout.header), right, None):
        if len(cells) != len(layout.names):
            return DataError(f"{path}: row {row}: {len(cells)} columns, expected {len(layout.names)}")
        for column, cell in enumerate(cells):
            if not _is_whole(cell, layout.highest(column)):
                return _cell_fault(path, row, column, cell, layout)
    return None


def _rows(path: Path, header: bool) -> Iterator[tuple[int, list[str]]]:
    """Row numbers are line numbers in the file, from 1, the header counted; empty lines are passed over."""
    with io.TextIOWrapper(open_plain_or_gzip(path), "utf-8-sig", "replace", newline="") as text:
        reader = csv.reader(text)
        for cells in reader:
            if cells and not (header and reader.line_num == 1):
                yield reader.line_num, cells


def _cell_fault(path: Path, row: int, column: int, cell: str, layout: _Layout) -> DataError:
    name = layout.names[column]
    expected = f"expected a whole number from 0 to {layout.highest(column)}"
    if not cell.strip():
        return DataError(f"{path}: row {row}, column {name!r}: empty cell; {expected}")
    value = f"label {cell}" if name == "label" and is_number(cell) else repr(cell[:40])
    return DataError(f"{path}: row {row}, column {name!r}: {value}; {expected}")


def _is_whole(cell: str, highest: int) -> bool:
    return is_number(cell) and 0 <= float(cell) <= highest and float(cell).is_integer()
