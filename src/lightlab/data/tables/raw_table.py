"""A table as its file has it: read from CSV or Parquet, or written out on the command line."""

import os
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from lightlab.data.base import Inputs
from lightlab.data.csv_reader import CsvFormat, read_csv
from lightlab.data.notation import PLAIN, Notation
from lightlab.errors import DataError, one_line
from lightlab.files import regular_file

MOST_ROWS_NAMED = 5
LONGEST_SHOWN = 80  # characters of a name or a cell in a message
OTHER_FORMATS = (".xlsx", ".xls", ".ods", ".json", ".jsonl", ".feather", ".arrow", ".orc", ".zip", ".7z", ".tar")
LARGEST = torch.finfo(torch.float32).max


@dataclass(frozen=True)
class RawTable:
    """Rows as a file has them.

    Attributes:
        frame: columns of float64, NaN where missing; and of text, as pandas' categories.
        where: the file's name, for messages.
        first_row: its number in messages: a CSV file's header is row 1.
        notation: how numbers are written where they are text.
        unreadable: columns of values that are neither numbers nor text, such as lists, and their types; `frame` has
            them empty.
    """

    frame: pd.DataFrame
    where: str
    first_row: int = 1
    notation: Notation = PLAIN
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    def rows(self, wrong: np.ndarray) -> str:
        """Names the rows where the mask (N,) is true: ``row 3`` or ``rows 3, 5, 8 and 12 more``."""
        numbers = np.flatnonzero(wrong) + self.first_row
        named = ", ".join(map(str, numbers[:MOST_ROWS_NAMED]))
        more = f" and {len(numbers) - MOST_ROWS_NAMED:,} more" if len(numbers) > MOST_ROWS_NAMED else ""
        return f"row{'s' if len(numbers) > 1 else ''} {named}{more}"

    def refuse(self, name: str, wrong: np.ndarray, expected: str) -> None:
        """Names the rows of a column where the mask (N,) is true, and the first wrong cell.

        Raises:
            DataError: there is such a row.
        """
        if not wrong.any():
            return
        cell = self.frame[name].iloc[int(np.argmax(wrong))]
        shown = "an empty cell" if pd.isna(cell) else repr(cell if isinstance(cell, str) else float(cell))
        raise DataError(f"{self.where}, column {_cut(name)}, {self.rows(wrong)}: {_cut(shown)}; {expected}")

    def refuse_large(self, name: str) -> None:
        """Refuses the numbers of a column that float32 cannot hold.

        Raises:
            DataError: names their rows.
        """
        wrong = np.abs(self.frame[name].to_numpy()) > LARGEST
        self.refuse(name, wrong, f"a finite number is expected, of at most {LARGEST:.1e} in size")

    def refuse_unreadable(self, names: Collection[str], advice: str = "") -> None:
        """Refuses columns that hold neither numbers nor text.

        Raises:
            DataError: names the first of them.
        """
        for name in names:
            if name in self.unreadable:
                raise DataError(
                    f"{self.where}, column {name}: its type is {self.unreadable[name]}; numbers or text are expected"
                    f"{advice and '; ' + advice}"
                )

    @property
    def text_columns(self) -> list[str]:
        """The columns that are not numbers."""
        return [name for name, dtype in zip(self.frame.columns, self.frame.dtypes, strict=True) if dtype != np.float64]

    def as_text(self, name: str) -> pd.Series:
        """Returns a column as categories, also where it was read as numbers."""
        column = self.frame[name]
        return column if isinstance(column.dtype, pd.CategoricalDtype) else _column(column, text=True)

    def as_numbers(self, name: str) -> np.ndarray:
        """Returns a column as float64, NaN where a cell is missing or text."""
        column = self.frame[name]
        if column.dtype == np.float64:
            return np.array(column)
        numbers = [self.notation.number(text) for text in column.cat.categories]
        return np.array([*numbers, None], np.float64)[column.cat.codes.to_numpy()]  # −1, the last, where missing


def read_table(
    source: Path, csv_format: CsvFormat, text: Collection[str] = (), names: Sequence[Sequence[str]] = ()
) -> RawTable:
    """Reads a whole table, in pieces, so that a million rows of 80 numbers take little more than their 640 MB.

    Args:
        csv_format: how a CSV file is written.
        text, names: see `lightlab.data.csv_reader.read_csv`.

    Raises:
        DataError: no such file, damaged, or no table.
    """
    path = Path(os.path.expanduser(source))  # which leaves ~nobody as it is
    if not os.path.exists(path):  # Path.exists raises on a name that is too long
        raise DataError(f"{path}: no such file; name a table: .csv, .csv.gz or .parquet")
    regular_file(path)
    if path.suffix.lower() in OTHER_FORMATS:
        raise DataError(f"{path}: {path.suffix} is not read; save the table as .csv, .csv.gz or .parquet")
    if path.suffix.lower() in (".parquet", ".pq"):
        frame, unreadable = _read_parquet(path)
        return replace(as_table(frame, text, str(path), csv_format.notation), unreadable=unreadable)
    frame, first_row = read_csv(path, csv_format, text, names)
    return RawTable(frame, str(path), first_row, csv_format.notation)


def rows_as_table(rows: list[Any], names: Sequence[str], text: Collection[str], notation: Notation = PLAIN) -> RawTable:
    """Takes rows from the command line, ``[[4.0, "red", null], …]``, or one row without the outer brackets.

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
            if isinstance(cell, (list, dict)) or (isinstance(cell, int) and abs(cell) > LARGEST):
                raise DataError(f"input= row {number}, column {name}: {cell!r} is neither a number nor text")
    read = [
        [cell if name in text else _number_or(cell, notation) for name, cell in zip(names, row, strict=True)]
        for row in rows
    ]
    return as_table(pd.DataFrame(read, columns=list(names), dtype=object), text, "input=", notation)


def _number_or(cell: Any, notation: Notation) -> Any:
    """Returns the number that a text stands for; other cells as they are."""
    number = notation.number(cell) if isinstance(cell, str) else None
    return cell if number is None else number


def as_table(frame: pd.DataFrame, text: Collection[str], where: str, notation: Notation = PLAIN) -> RawTable:
    """Takes a pandas table of any types; `text` as in `read_table`."""
    columns = {str(name): _column(frame[name], str(name) in text) for name in frame.columns}
    return RawTable(pd.DataFrame(columns, copy=False), where, notation=notation)


def read_numbers(source: Any, features: Sequence[str], target: str) -> Inputs:
    """Reads ``[[4.0], [5.0]]``, ``4.0``, or a CSV file with a header; a column named `target` becomes the targets.

    Raises:
        DataError: no such file, columns missing, a cell that is no finite number, rows of another length.
    """
    if isinstance(source, str):
        table = read_table(Path(source), CsvFormat(header=True))
    else:
        rows = source if isinstance(source, list) else [source]
        single = len(features) == 1 and not any(isinstance(row, list) for row in rows)  # [4, 5] is two rows of one
        table = rows_as_table([[row] for row in rows] if single else rows, features, ())
    missing = [name for name in features if name not in table.frame.columns]
    if missing:
        columns = ", ".join(table.frame.columns)
        raise DataError(f"{table.where}: needs the columns {', '.join(features)}; found {columns}")
    numbers = {}
    for name in [*features, *([target] if target in table.frame.columns else [])]:
        numbers[name] = table.as_numbers(name)
        table.refuse(name, ~(np.abs(numbers[name]) <= LARGEST), "a finite number is expected")
    shown = {name: numbers[name].tolist() for name in features}
    inputs = torch.from_numpy(np.column_stack([numbers[name] for name in features])).float()
    targets = torch.from_numpy(numbers[target]).float().unsqueeze(1) if target in numbers else None
    return Inputs([str(row) for row in range(1, len(table) + 1)], inputs, targets, shown)


def _read_parquet(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Returns the table, and the types of the columns that hold neither numbers nor text, which it has empty."""
    from pyarrow import parquet, types

    try:
        with warnings.catch_warnings(action="ignore"):  # pandas', on its metadata in a damaged file
            schema = parquet.read_schema(path)
            frame = pd.read_parquet(path)
    except (ValueError, OSError, TypeError, NotImplementedError, KeyError, OverflowError) as error:
        raise DataError(f"{path}: not a Parquet file that can be read: {one_line(error, 160)}") from None
    named = [name for name in frame.index.names if name is not None]
    frame = frame.reset_index(named) if named else frame
    duplicates = frame.columns.map(str)[frame.columns.map(str).duplicated()]
    if len(duplicates):
        raise DataError(f"{path}: more than one column is called {duplicates[0]!r}; rename all but one")
    if not len(frame) or not len(frame.columns):
        raise DataError(f"{path}: {len(frame)} rows of {len(frame.columns)} columns; expected a table")
    other = (types.is_nested, types.is_binary, types.is_large_binary, types.is_fixed_size_binary, types.is_duration)
    unreadable = {field.name: str(field.type) for field in schema if any(is_other(field.type) for is_other in other)}
    return frame.assign(**dict.fromkeys(unreadable, None)), unreadable


def _column(column: pd.Series, text: bool) -> pd.Series:
    if not text and _holds_numbers(column):
        return pd.Series(column.to_numpy(np.float64, na_value=np.nan))
    codes, distinct = pd.factorize(column)  # −1 where missing
    return pd.Series(pd.Categorical(np.array([*map(_as_text, distinct), None], object)[codes]))


def _holds_numbers(column: pd.Series) -> bool:
    if column.dtype != object:
        return is_numeric_dtype(column) and not is_bool_dtype(column)
    return all(isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool) for cell in column.dropna())


def _as_text(cell: Any) -> str:
    """Writes a cell as a CSV file would: a category 20.0 is the same as 20."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
