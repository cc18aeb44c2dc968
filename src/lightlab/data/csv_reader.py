"""Reads CSV files, plain or gzipped, with or without a header: the one reader of tables, pixels and labels."""

import unicodedata
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype, union_categoricals

from lightlab.data.csv_rows import blank_lines, check_lengths, first_row, is_header, open_csv
from lightlab.data.encoding import text_encoding
from lightlab.data.notation import PLAIN, Notation
from lightlab.data.sources import note
from lightlab.errors import DataError, UsageError

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A", "<NA>")
SEPARATORS = {",": ",", ";": ";", "\t": "\\t", "|": "|"}  # as one writes them
CELLS_AT_ONCE = 2**22  # bounds the memory for cells as pandas reads them: 32 MiB of numbers
UNNAMED = "\0"  # begins the name of a column that has none, before its number
LONGEST_NAME = 1000  # characters


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
        notation: how numbers are written.
    """

    separator: str = ","
    encoding: str = "auto"
    header: str | bool = "auto"
    columns: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notation: Notation = PLAIN

    def __post_init__(self) -> None:
        if len(self.separator) != 1 or self.separator in '"\r\n\0':
            raise UsageError(f'data.separator={self.separator}: must be one character, such as ";" or "\\t"')


def read_pieces(
    path: Path, csv_format: CsvFormat, columns: list[Any], header: bool, **options: Any
) -> Iterator[pd.DataFrame]:
    """Yields some rows at a time, as pandas reads them."""
    with open_csv(path, csv_format.encoding) as file, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # cells without a column
        yield from pd.read_csv(
            file,
            sep=csv_format.separator,
            header=0 if header else None,
            names=columns,
            index_col=False,
            skipinitialspace=True,
            decimal=csv_format.notation.decimal,
            low_memory=False,
            chunksize=max(1, CELLS_AT_ONCE // len(columns)),
            **options,
        )


def read_csv(
    path: Path, csv_format: CsvFormat, text_columns: Collection[str] = (), names: Sequence[Sequence[str]] = ()
) -> tuple[pd.DataFrame, int]:
    """Returns columns of float64 and of categories, and the number of the first row; a header is row 1.

    A column that holds anything but numbers is text as a whole, without surrounding spaces. Columns without a name are
    left out, with a note.

    Args:
        text_columns: columns that are read as text, whatever they hold.
        names: lists of names for a file without a header: the first one of the right length is taken.

    Raises:
        DataError: damaged, empty, of rows that are longer or shorter than the first, in another encoding or with
            another separator.
    """
    if csv_format.encoding == "auto":  # detected once
        csv_format = replace(csv_format, encoding=text_encoding(path))
    columns, header = _columns(path, csv_format, names)
    kept = [name for name in columns if not name.startswith(UNNAMED)]
    if len(kept) < len(columns):
        unnamed = ", ".join(name.removeprefix(UNNAMED) for name in columns if name not in kept)
        note(f"{path}: column {unnamed} has no name and is left out")
    if len(columns) == 1 and (blank := blank_lines(path, csv_format.encoding)):
        note(f"{path}: {blank:,} blank lines are left out; NA stands for an empty cell")
    frame = _read_columns(path, csv_format, columns, header, set(text_columns), kept)
    missing = {*MISSING, *csv_format.missing}
    for name in kept:
        if frame[name].dtype != np.float64:
            frame[name] = _tidied(frame[name], missing)
            if name not in text_columns:
                frame[name] = _as_numbers(path, frame[name], csv_format.notation)
    return frame, 1 + header


def _read_columns(
    path: Path, csv_format: CsvFormat, columns: list[str], header: bool, text_columns: set[str], kept: list[str]
) -> pd.DataFrame:
    pieces: dict[str, list[pd.Series]] = {name: [] for name in kept}
    types = dict.fromkeys(text_columns & set(columns), "str")
    missing = [*MISSING, *csv_format.missing]
    rows, rows_checked = 0, False
    for piece in read_pieces(path, csv_format, columns, header, dtype=types, na_values=missing, keep_default_na=False):
        non_numeric = {name for name in kept if name not in text_columns and not _is_numeric(piece[name])}
        if non_numeric:  # the numbers read so far have lost how they were written: read them again as text
            return _read_columns(path, csv_format, columns, header, text_columns | non_numeric, kept)
        if not rows_checked and len(columns) > 1 and piece[columns[-1]].isna().any():  # as pandas fills a short row
            check_lengths(path, csv_format.separator, csv_format.encoding, len(columns))
            rows_checked = True
        rows += len(piece)
        for name in kept:
            pieces[name].append(piece[name].astype("category" if name in text_columns else np.float64))
    if not rows:
        raise DataError(f"{path}: a header and no rows")
    return pd.DataFrame({name: _joined(pieces.pop(name)) for name in kept}, copy=False)


def _tidied(column: pd.Series, missing: set[str]) -> pd.Series:
    """Strips the texts of a column of categories; pandas leaves spaces behind a text, and so `NA ` a category."""
    texts = [text.strip() for text in column.cat.categories]
    if texts == list(column.cat.categories):
        return column
    cells = np.array([*(None if text in missing else text for text in texts), None], object)
    return pd.Series(pd.Categorical(cells[column.cat.codes.to_numpy()]))


def _as_numbers(path: Path, column: pd.Series, notation: Notation) -> pd.Series:
    """Returns a text column as float64 if all of its texts are numbers in this notation, else as it is."""
    numbers = []
    for text in column.cat.categories:
        number = notation.number(text)
        if number is None:
            return column
        numbers.append(number)
    foreign = next((place for place, text in enumerate(column.cat.categories) if not text.isascii()), None)
    if foreign is not None:
        note(f"{path}: column {column.name}: {column.cat.categories[foreign]!r} is read as {numbers[foreign]:g}")
    return pd.Series(np.array([*numbers, np.nan])[column.cat.codes.to_numpy()])


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
    for number, name in enumerate(cells, start=1):
        if len(name) > LONGEST_NAME or any(
            unicodedata.category(character) == "Cc" for character in "".join(name.split())
        ):
            wrong = f"{len(name):,} characters" if len(name) > LONGEST_NAME else f"control characters ({name[:40]!r})"
            raise DataError(
                f"{path}: row 1: the name of column {number} has {wrong}; rename it, or set data.header=false"
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
