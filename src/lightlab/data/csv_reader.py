"""Reads CSV files, plain or gzipped, with or without a header: the one reader of tables, pixels and labels."""

import csv
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype, union_categoricals

from lightlab.data.encoding import open_text, text_encoding
from lightlab.data.sources import note
from lightlab.errors import DataError, UsageError, one_line

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A", "<NA>")
SEPARATORS = {",": ",", ";": ";", "\t": "\\t", "|": "|"}  # as one writes them
CELLS_AT_ONCE = 2**22  # bounds the memory for cells as pandas reads them: 32 MiB of numbers
UNNAMED = "\0"  # begins the name of a column that has none, before its number

Row = tuple[int, list[str]]  # the number of its last line, from 1, and its cells


@dataclass(frozen=True)
class CsvFormat:
    """How the file is written.

    Attributes:
        separator: between cells.
        encoding: its name; ``auto`` tries UTF-8 (with BOM or without), then GBK.
        header: whether the first row names the columns; ``auto``: unless one of its cells is a number, or `columns`
            are given.
        columns: the names, where no row gives them.
        missing: further texts that mean that a cell is empty.
    """

    separator: str = ","
    encoding: str = "auto"
    header: str | bool = "auto"
    columns: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.separator) != 1:
            raise UsageError(f'data.separator={self.separator}: must be one character, such as ";" or "\\t"')


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
def _open_csv(path: Path, encoding: str) -> Iterator[IO[str]]:
    """Opens a CSV file; parser errors become a `DataError` that names it."""
    try:
        with open_text(path, encoding) as file:
            yield file
    except (pd.errors.ParserError, pd.errors.ParserWarning, csv.Error, OverflowError) as error:
        raise DataError(f"{path}: not a CSV file: {_reason(error)}") from None


def read_rows(path: Path, separator: str = ",", encoding: str = "auto") -> Iterator[Row]:
    """Yields the rows that are not blank, their cells without surrounding spaces."""
    with _open_csv(path, encoding) as file:
        reader = csv.reader(file, delimiter=separator, skipinitialspace=True)
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


def read_pieces(
    path: Path, csv_format: CsvFormat, columns: list[Any], header: bool, **options: Any
) -> Iterator[pd.DataFrame]:
    """Yields some rows at a time, as pandas reads them."""
    with _open_csv(path, csv_format.encoding) as file, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # cells without a column
        yield from pd.read_csv(
            file,
            sep=csv_format.separator,
            header=0 if header else None,
            names=columns,
            index_col=False,
            skipinitialspace=True,
            low_memory=False,
            chunksize=max(1, CELLS_AT_ONCE // len(columns)),
            **options,
        )


def read_csv(
    path: Path, csv_format: CsvFormat, text_columns: Collection[str] = (), names: Sequence[Sequence[str]] = ()
) -> tuple[pd.DataFrame, int]:
    """Returns columns of float64 and of categories, and the number of the first row; a header is row 1.

    A column that holds anything but numbers is text as a whole. Columns without a name are left out, with a note.

    Args:
        text_columns: columns that are read as text, whatever they hold.
        names: lists of names for a file without a header: the first one of the right length is taken.

    Raises:
        DataError: damaged, empty, of ragged rows, in another encoding or with another separator.
    """
    if csv_format.encoding == "auto":  # detected once
        csv_format = replace(csv_format, encoding=text_encoding(path))
    columns, header = _columns(path, csv_format, names)
    kept = [name for name in columns if not name.startswith(UNNAMED)]
    if len(kept) < len(columns):
        unnamed = ", ".join(name.removeprefix(UNNAMED) for name in columns if name not in kept)
        note(f"{path}: column {unnamed} has no name and is left out")
    return _read_columns(path, csv_format, columns, header, set(text_columns), kept), 1 + header


def _read_columns(
    path: Path, csv_format: CsvFormat, columns: list[str], header: bool, text_columns: set[str], kept: list[str]
) -> pd.DataFrame:
    pieces: dict[str, list[pd.Series]] = {name: [] for name in kept}
    types = dict.fromkeys(text_columns & set(columns), "str")
    missing = [*MISSING, *csv_format.missing]
    rows = 0
    for piece in read_pieces(path, csv_format, columns, header, dtype=types, na_values=missing, keep_default_na=False):
        non_numeric = {name for name in kept if name not in text_columns and not _is_numeric(piece[name])}
        if non_numeric:  # the numbers read so far have lost how they were written: read them again as text
            return _read_columns(path, csv_format, columns, header, text_columns | non_numeric, kept)
        rows += len(piece)
        for name in kept:
            pieces[name].append(piece[name].astype("category" if name in text_columns else np.float64))
    if not rows:
        raise DataError(f"{path}: a header and no rows")
    return pd.DataFrame({name: _joined(pieces.pop(name)) for name in kept}, copy=False)


def _columns(path: Path, csv_format: CsvFormat, names: Sequence[Sequence[str]]) -> tuple[list[str], bool]:
    """Returns the names of the columns, and whether the first row gave them."""
    cells = first_row(path, csv_format.separator, csv_format.encoding)
    _check_separator(path, cells, csv_format.separator)
    candidates = [list(csv_format.columns)] if csv_format.columns else [list(candidate) for candidate in names]
    known_names = next((candidate for candidate in candidates if len(candidate) == len(cells)), [])
    if not _has_header(cells, known_names, csv_format):
        if candidates and not known_names:
            raise DataError(f"{path}: {len(cells)} columns without a header; expected {', '.join(candidates[0])}")
        return known_names or [f"x{number}" for number in range(1, len(cells) + 1)], False
    duplicates = [name for name, count in Counter(filter(None, cells)).items() if count > 1]
    if duplicates:
        raise DataError(
            f"{path}: row 1 names more than one column {', '.join(map(repr, duplicates))}; rename all but one"
        )
    return [name or f"{UNNAMED}{number}" for number, name in enumerate(cells, start=1)], True


def _has_header(cells: list[str], known_names: list[str], csv_format: CsvFormat) -> bool:
    if cells == known_names:
        return True
    return csv_format.header if isinstance(csv_format.header, bool) else not csv_format.columns and is_header(cells)


def _check_separator(path: Path, cells: list[str], separator: str) -> None:
    likely = [other for other in SEPARATORS if other != separator and other in cells[0]]
    if len(cells) == 1 and likely:
        raise DataError(
            f'{path}: one column with data.separator="{SEPARATORS.get(separator, separator)}"; '
            f'its first row looks as if it were data.separator="{SEPARATORS[likely[0]]}"'
        )


def _is_numeric(column: pd.Series) -> bool:
    return is_numeric_dtype(column) and not is_bool_dtype(column)


def _joined(pieces: list[pd.Series]) -> pd.Series:
    if isinstance(pieces[0].dtype, pd.CategoricalDtype):
        return pd.Series(union_categoricals(pieces))
    return pd.Series(np.concatenate([piece.to_numpy() for piece in pieces]))


def _reason(error: Exception) -> str:
    if isinstance(error, pd.errors.ParserWarning):
        return "its rows have more cells than its header"
    return one_line(error, 160).removeprefix("Error tokenizing data. C error: ")
