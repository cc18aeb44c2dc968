"""Reads tables: CSV, plain or gzipped, with or without a header, and Parquet."""

from __future__ import annotations

import codecs
import csv
import io
import os
import warnings
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from pandas.api.types import is_bool_dtype, is_numeric_dtype, union_categoricals
from torch import Tensor

from lightlab.data.base import Inputs
from lightlab.data.images.idx import open_plain_or_gzip, unreadable
from lightlab.data.notes import say_once
from lightlab.errors import DataError, UsageError, one_line


def is_number(cell: str) -> bool:
    """Whether the text is a number as Python writes it; ``nan`` and ``inf`` are numbers too."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


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


MOST_ROWS_NAMED = 5


@dataclass(frozen=True)
class RawTable:
    """Rows as a file has them.

    Attributes:
        frame: columns of float64, NaN for missing; and of text, as pandas' categories.
        where: the file's name, for messages.
        first_row: its number as messages count: a CSV file's header is row 1.
    """

    frame: pd.DataFrame
    where: str
    first_row: int = 1

    def __len__(self) -> int:
        return len(self.frame)

    def rows(self, wrong: np.ndarray) -> str:
        """Names the rows where the mask (N,) is true: ``row 3`` or ``rows 3, 5, 8 and 12 more``."""
        numbers = np.flatnonzero(wrong) + self.first_row
        named = ", ".join(map(str, numbers[:MOST_ROWS_NAMED]))
        more = f" and {len(numbers) - MOST_ROWS_NAMED:,} more" if len(numbers) > MOST_ROWS_NAMED else ""
        return f"row{'s' if len(numbers) > 1 else ''} {named}{more}"


def refuse(table: RawTable, name: str, wrong: np.ndarray, expected: str) -> None:
    """Names the rows of a column where the mask (N,) is true, and what stands in the first of them.

    Raises:
        DataError: there is such a row.
    """
    if not wrong.any():
        return
    cell = table.frame[name].iloc[int(np.argmax(wrong))]
    shown = "an empty cell" if pd.isna(cell) else repr(cell if isinstance(cell, str) else float(cell))
    raise DataError(f"{table.where}, column {name}, {table.rows(wrong)}: {shown}; {expected}")


def as_text(table: RawTable, name: str) -> pd.Series:
    """A column as categories, also where it was read as numbers."""
    column = table.frame[name]
    return column if isinstance(column.dtype, pd.CategoricalDtype) else _column(column, text=True)


def read_table(
    source: Path, form: CsvFormat, text: Collection[str] = (), names: Sequence[Sequence[str]] = ()
) -> RawTable:
    """Reads a whole table, in pieces, so that a million rows of 80 numbers take little more than their 640 MB.

    Args:
        form: how a CSV file is written.
        text: columns that are taken as text, whatever they hold.
        names: what the columns may be called should a CSV file have no header: those are taken that are as many.

    Raises:
        DataError: no such file, damaged, or no table.
    """
    path = Path(os.path.expanduser(source))  # which leaves ~nobody as it is
    if not os.path.isfile(path):  # Path.is_file raises on a name that is too long
        raise DataError(f"{path}: no such file; name a table: .csv, .csv.gz or .parquet")
    if path.suffix.lower() in (".parquet", ".pq"):
        return as_table(_read_parquet(path), text, str(path))
    frame, first_row = read_csv(path, form, text, names)
    return RawTable(frame, str(path), first_row)


def rows_as_table(rows: list[Any], names: Sequence[str], text: Collection[str]) -> RawTable:
    """Rows that a user has written out, ``[[4.0, "red", null], …]``, or one of them without the outer brackets.

    Raises:
        DataError: no row, or not a cell for each of `names`.
    """
    rows = rows if any(isinstance(row, list) for row in rows) else [rows]
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(names):
            count = len(row) if isinstance(row, list) else 1
            raise DataError(
                f"input= row {number} has {count} cells; this run takes {len(names)}: {', '.join(names)}; "
                "null where one is missing"
            )
        for name, cell in zip(names, row, strict=True):
            if isinstance(cell, (list, dict)):
                raise DataError(f"input= row {number}, column {name}: {cell!r} is neither a number nor text")
    return as_table(pd.DataFrame(rows, columns=list(names), dtype=object), text, "input=")


def as_table(frame: pd.DataFrame, text: Collection[str], where: str) -> RawTable:
    """A pandas table of any types; `text` as in `read_table`."""
    columns = {str(name): _column(frame[name], str(name) in text) for name in frame.columns}
    return RawTable(pd.DataFrame(columns, copy=False), where)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path)
    except (ValueError, OSError, TypeError, NotImplementedError) as error:
        raise DataError(f"{path}: not a Parquet file that can be read: {one_line(error, 160)}") from None
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index(named) if named else frame


def _column(column: pd.Series, text: bool) -> pd.Series:
    if not text and _holds_numbers(column):
        return pd.Series(column.to_numpy(np.float64, na_value=np.nan))
    codes, distinct = pd.factorize(column)  # −1 for what is missing
    return pd.Series(pd.Categorical(np.array([*map(_as_text, distinct), None], object)[codes]))


def _holds_numbers(column: pd.Series) -> bool:
    if column.dtype != object:
        return is_numeric_dtype(column) and not is_bool_dtype(column)
    return all(isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in column.dropna())


def _as_text(cell: Any) -> str:
    """As a CSV file would have it: a category 20.0 is the same as 20."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


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
