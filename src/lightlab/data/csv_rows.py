"""Reads the rows of a CSV file cell by cell: its first row, its labels, and what is wrong with it."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pandas as pd

from lightlab.data.encoding import open_text
from lightlab.errors import DataError, one_line

Row = tuple[int, list[str]]  # the number of its last line, from 1, and its cells
csv.field_size_limit(2**31 - 1)  # a cell of text may be long: the csv module's own limit is 128 KiB


def is_number(cell: str) -> bool:
    """Whether the text is a number as Python writes it; ``nan`` and ``inf`` are numbers too."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def is_header(cells: Sequence[str]) -> bool:
    """Whether a first row may name columns: none of its cells is a number."""
    return not any(is_number(cell) and cell.lower() not in ("nan", "inf", "infinity") for cell in cells)


@contextmanager
def open_csv(path: Path, encoding: str) -> Iterator[IO[str]]:
    """Opens a CSV file; parser errors become a `DataError` that names it."""
    try:
        with open_text(path, encoding) as file:
            yield file
    except (pd.errors.ParserError, pd.errors.ParserWarning, csv.Error, OverflowError) as error:
        raise DataError(f"{path}: not a CSV file: {reason_of(error)}") from None


def read_rows(path: Path, separator: str = ",", encoding: str = "auto") -> Iterator[Row]:
    """Yields the rows that are not blank, as pandas counts them, their cells without surrounding spaces."""
    with open_csv(path, encoding) as file:
        lines = ("\n" if line.isspace() and separator not in line else line for line in file)
        reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
        for cells in reader:
            if cells:
                yield reader.line_num, [cell.strip() for cell in cells]


def first_row(path: Path, separator: str = ",", encoding: str = "auto") -> list[str]:
    """Returns the cells of the first row that is not blank.

    Raises:
        DataError: the file is empty.
    """
    with_number = next(read_rows(path, separator, encoding), None)
    if with_number is None:
        raise DataError(f"{path}: the file is empty; expected rows of cells")
    return with_number[1]


def check_lengths(path: Path, separator: str, encoding: str, width: int) -> None:
    """Refuses rows of fewer cells than `width`, which pandas would fill.

    Raises:
        DataError: names the first of them.
    """
    short = [(line, len(cells)) for line, cells in read_rows(path, separator, encoding) if len(cells) < width]
    if short:
        line, cells = short[0]
        others = f" (and {len(short) - 1:,} more lines)" if len(short) > 1 else ""
        raise DataError(
            f"{path}, line {line}: {cells} of {width} cells{others}; complete the row or take it out; "
            "an empty cell needs its separator too"
        )


def blank_lines(path: Path, encoding: str) -> int:
    """Counts the blank lines between the rows of a file of one column, where each may stand for an empty cell."""
    with open_csv(path, encoding) as file:
        filled = [bool(line.strip()) for line in file]
    return "".join("x" if line else " " for line in filled).strip().count(" ")


def reason_of(error: Exception) -> str:
    if isinstance(error, pd.errors.ParserWarning):
        return "its rows have more cells than its header"
    return one_line(error, 160).removeprefix("Error tokenizing data. C error: ")
