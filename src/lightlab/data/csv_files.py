"""CSV files that other people wrote: with a header or without, in UTF-8 or GBK, plain or gzipped."""

from __future__ import annotations

import codecs
import csv
import io
import warnings
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype, union_categoricals

from lightlab.data.cells import is_number
from lightlab.data.idx import open_plain_or_gzip, unreadable
from lightlab.data.remarks import say_once
from lightlab.errors import DataError, UsageError, one_line

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A", "<NA>")
SEPARATORS = {",": ",", ";": ";", "\t": "\\t", "|": "|"}  # as one writes them
CELLS_AT_ONCE = 2**22  # bounds the memory for cells as pandas reads them: 32 MiB of numbers


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


def read_csv(
    path: Path, form: CsvFormat, text: Collection[str], names: Sequence[Sequence[str]]
) -> tuple[pd.DataFrame, int]:
    """Columns of float64 and of text as categories; and the number of the first row, the header being row 1.

    A column that holds anything but numbers is text as a whole. Columns without a name are left out, and it is said.

    Raises:
        DataError: damaged, empty, of ragged rows, in another encoding or with another separator.
    """
    candidates = _encodings(path) if form.encoding == "auto" else [form.encoding]
    for encoding in candidates:
        try:
            frame, first_row = _read(path, form, encoding, set(text), names)
        except (UnicodeDecodeError, UnicodeError):
            continue
        except LookupError:
            raise UsageError(f"data.encoding={encoding}: Python knows no such encoding; try utf-8 or gbk") from None
        except (OSError, EOFError, zlib.error) as error:
            raise unreadable(path, error) from None
        except (pd.errors.ParserError, pd.errors.ParserWarning, csv.Error, OverflowError) as error:
            raise DataError(f"{path}: not a CSV file: {_reason(error)}") from None
        if encoding != candidates[0]:
            say_once(f"{path}: not UTF-8; read as GBK (data.encoding= names another)")
        return frame, first_row
    tried = " nor ".join(candidates).replace("utf-8-sig", "UTF-8").replace("gb18030", "GBK")
    raise DataError(
        f"{path}: its text is {'neither' if len(candidates) > 1 else 'not'} {tried}; name its data.encoding="
    )


def _read(
    path: Path, form: CsvFormat, encoding: str, text: set[str], names: Sequence[Sequence[str]]
) -> tuple[pd.DataFrame, int]:
    columns, header = _columns(path, form, encoding, names)
    kept = [name for name in columns if not name.startswith(_UNNAMED)]
    if len(kept) < len(columns):
        unnamed = ", ".join(name.removeprefix(_UNNAMED) for name in columns if name not in kept)
        say_once(f"{path}: column {unnamed} has no name and is left out")
    pieces: dict[str, list[pd.Series]] = {name: [] for name in kept}
    rows = 0
    for piece in _pieces(path, form, encoding, columns, header, text):
        surprising = {name for name in kept if name not in text and not _is_numeric(piece[name])}
        if surprising:  # what was read of them as numbers has lost how it was written: once more
            return _read(path, form, encoding, text | surprising, names)
        rows += len(piece)
        for name in kept:
            pieces[name].append(_compact(piece[name], name in text))
    if rows == 0:
        raise DataError(f"{path}: a header and no rows")
    frame = pd.DataFrame({name: _joined(pieces.pop(name)) for name in kept}, copy=False)
    return frame, 1 + header


def _pieces(
    path: Path, form: CsvFormat, encoding: str, columns: list[str], header: bool, text: set[str]
) -> Iterator[pd.DataFrame]:
    with _opened(path, encoding) as file, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # cells without a column
        yield from pd.read_csv(
            file,
            sep=form.separator,
            header=0 if header else None,
            names=columns,
            index_col=False,
            dtype=dict.fromkeys(text & set(columns), "str"),
            na_values=[*MISSING, *form.missing],
            keep_default_na=False,
            skipinitialspace=True,
            low_memory=False,
            chunksize=max(1, CELLS_AT_ONCE // len(columns)),
        )


_UNNAMED = "\0"  # begins the name of a column that has none, before its number


def _columns(path: Path, form: CsvFormat, encoding: str, names: Sequence[Sequence[str]]) -> tuple[list[str], bool]:
    """The names of the columns, and whether the first row gave them."""
    cells = _first_row(path, form.separator, encoding)
    if not cells:
        raise DataError(f"{path}: the file is empty; expected a header and rows")
    _check_separator(path, cells, form.separator)
    candidates = [list(each) for each in ([form.columns] if form.columns else names)]
    given = next((each for each in candidates if len(each) == len(cells)), [])
    if not _has_header(cells, given, form):
        if candidates and not given:
            raise DataError(f"{path}: {len(cells)} columns without a header; expected {', '.join(candidates[0])}")
        return given or [f"x{number}" for number in range(1, len(cells) + 1)], False
    twice = [name for name, count in Counter(filter(None, cells)).items() if count > 1]
    if twice:
        raise DataError(f"{path}: row 1 names more than one column {', '.join(map(repr, twice))}; rename all but one")
    return [name or f"{_UNNAMED}{number}" for number, name in enumerate(cells, start=1)], True


def _has_header(cells: list[str], given: list[str], form: CsvFormat) -> bool:
    if cells == given:
        return True
    if isinstance(form.header, bool):
        return form.header
    return not form.columns and not any(
        is_number(cell) and cell.lower() not in ("nan", "inf", "infinity") for cell in cells
    )


def _check_separator(path: Path, cells: list[str], separator: str) -> None:
    if len(cells) > 1:
        return
    for other, shown in SEPARATORS.items():
        if other != separator and other in cells[0]:
            raise DataError(
                f'{path}: one column with data.separator="{SEPARATORS.get(separator, separator)}"; '
                f'its first row looks as if it were data.separator="{shown}"'
            )


def _first_row(path: Path, separator: str, encoding: str) -> list[str]:
    with _opened(path, encoding) as file:
        rows = csv.reader(file, delimiter=separator, skipinitialspace=True)
        return [cell.strip() for cell in next((row for row in rows if row), [])]


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    with open_plain_or_gzip(path) as file, io.TextIOWrapper(file, encoding, newline="") as text:
        yield text


def _encodings(path: Path) -> list[str]:
    with open_plain_or_gzip(path) as file:
        try:
            start = file.read(4)
        except (OSError, EOFError, zlib.error) as error:
            raise unreadable(path, error) from None
    if start[:4] == b"PK\3\4":
        raise DataError(f"{path}: an Excel or zip file; save the table as CSV")
    return ["utf-16"] if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ["utf-8-sig", "gb18030"]


def _is_numeric(column: pd.Series) -> bool:
    return is_numeric_dtype(column) and not is_bool_dtype(column)


def _compact(column: pd.Series, text: bool) -> pd.Series:
    return column.astype("category") if text else column.astype(np.float64)


def _joined(pieces: list[pd.Series]) -> pd.Series:
    if isinstance(pieces[0].dtype, pd.CategoricalDtype):
        return pd.Series(union_categoricals(pieces))
    return pd.Series(np.concatenate([piece.to_numpy() for piece in pieces]))


def _reason(error: Exception) -> str:
    if isinstance(error, pd.errors.ParserWarning):
        return "its rows have more cells than its header"
    return one_line(error, 160).removeprefix("Error tokenizing data. C error: ")
