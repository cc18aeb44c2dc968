"""Images as rows of a CSV file, as Kaggle hands them out: a label, then one column a pixel, row by row."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lightlab.data.csv_reader import CsvFormat, read_pieces
from lightlab.data.csv_rows import first_row, is_header, is_number, read_rows
from lightlab.data.encoding import text_encoding
from lightlab.errors import DataError


def read_pixel_csv(
    path: Path, classes: int = 10, height: int = 28, width: int = 28, labelled: bool | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns uint8 images (N, H, W) and int64 labels (N,), or None where the file has none.

    Args:
        labelled: whether there must be labels; None: decided by the number of columns.

    Raises:
        DataError: not such a file; names the row and the column of the first wrong cell.
    """
    layout = _layout(path, classes, height * width, labelled)
    table = _read_table(path, layout)  # (N, columns)
    if not layout.labelled:
        return table.reshape(-1, height, width), None
    pixels = np.ascontiguousarray(table[:, 1:]).reshape(-1, height, width)
    return pixels, table[:, 0].astype(np.int64)


@dataclass(frozen=True)
class _Layout:
    """The layout inferred from the first row; `names` are the columns'."""

    names: list[str]
    header: bool
    labelled: bool
    classes: int
    encoding: str

    def highest(self, column: int) -> int:
        return self.classes - 1 if self.labelled and column == 0 else 255


def _layout(path: Path, classes: int, pixels: int, labelled: bool | None) -> _Layout:
    encoding = text_encoding(path)
    cells = first_row(path, encoding=encoding)
    has_label = _has_label(path, len(cells), pixels, labelled)
    begins_with_label = cells[0].lower() == "label"
    header = begins_with_label or (is_header(cells) and all(cells))
    if header and has_label != begins_with_label:
        raise DataError(
            f"{path}: row 1: {len(cells)} columns, the first {cells[0][:40]!r}; "
            f"expected 'label', then {pixels} pixels, or {pixels} pixels alone"
        )
    names = cells if header else ["label"] * has_label + [f"pixel{i}" for i in range(pixels)]
    return _Layout(names, header, has_label, classes, encoding)


def _has_label(path: Path, columns: int, pixels: int, labelled: bool | None) -> bool:
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
    """Returns (N, columns) as uint8; a piece of float64 at a time keeps the memory small."""
    limits = np.array([layout.highest(column) for column in range(len(layout.names))])
    csv_format = CsvFormat(encoding=layout.encoding)
    pieces = []
    try:
        columns = list(range(len(limits)))
        for piece in read_pieces(path, csv_format, columns, layout.header, dtype=np.float64, na_filter=False):
            pieces.append(_whole_numbers(piece.to_numpy(), limits))
    except (ValueError, DataError) as error:
        raise _first_fault(path, layout) or DataError(f"{path}: not a table of numbers ({error})") from None
    table = np.concatenate(pieces)
    if not len(table):
        raise DataError(f"{path}: a header and no rows; expected one image a row")
    return table


def _whole_numbers(values: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Returns (N, columns) as uint8, or raises a ValueError; `_first_fault` then finds the cell."""
    if not np.isfinite(values).all() or (values < 0).any() or (values > limits).any():
        raise ValueError("not finite, or out of range")
    whole = values.astype(np.uint8)
    if (whole != values).any():
        raise ValueError("not whole")
    return whole


def _first_fault(path: Path, layout: _Layout) -> DataError | None:
    """Reads the file again, cell by cell: pandas reports neither the line nor the column of a wrong cell."""
    rows = read_rows(path, encoding=layout.encoding)
    if layout.header:
        next(rows)
    for row, cells in rows:
        if len(cells) != len(layout.names):
            return DataError(f"{path}: row {row}: {len(cells)} columns, expected {len(layout.names)}")
        for column, cell in enumerate(cells):
            highest = layout.highest(column)
            if not (is_number(cell) and 0 <= float(cell) <= highest and float(cell).is_integer()):
                value = f"label {cell}" if layout.names[column] == "label" and is_number(cell) else repr(cell[:40])
                return DataError(
                    f"{path}: row {row}, column {layout.names[column]!r}: {value if cell else 'empty cell'}; "
                    f"expected a whole number from 0 to {highest}"
                )
    return None
