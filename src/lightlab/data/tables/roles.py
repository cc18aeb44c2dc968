"""Decides which of a table's columns are numbers, which are categories, and which are left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lightlab.data.sources import note
from lightlab.data.tables.questions import number_question, refuse_unclear
from lightlab.data.tables.raw_table import RawTable
from lightlab.errors import DataError, did_you_mean


@dataclass(frozen=True)
class Roles:
    """The roles that the config gives to columns; the other columns get theirs by content.

    Attributes:
        target: the column that is predicted; None for the last one.
        index: names the rows, and is not learnt from.
        drop: not learnt from.
        numeric: numbers; a text in them is an error.
        categorical: categories, also where they are written as numbers.
        dates: learnt from as year, month and weekday.
        max_categories: a text column of more is left out, unless `categorical` names it.
    """

    target: str | None = None
    index: str | None = None
    drop: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    max_categories: int = 256
    dates: tuple[str, ...] = ()

    @property
    def text(self) -> set[str]:
        """Columns that are read as text, whatever they hold."""
        return {*self.categorical, *self.dates, *filter(None, [self.index])}


def find_target(table: RawTable, roles: Roles) -> str:
    """Returns the name of the column that is predicted.

    Raises:
        DataError: the table lacks it, or another column that has a role; it holds neither numbers nor text.
    """
    columns = list(table.frame.columns)
    for key in ("target", "index", "drop", "numeric", "categorical", "dates"):
        names = getattr(roles, key)
        for name in names if isinstance(names, tuple) else filter(None, [names]):
            if name not in columns:
                listed = ", ".join(columns[:20]) + (", …" if len(columns) > 20 else "")
                raise DataError(
                    f"{table.where}: no column {name!r} (data.{key}); {did_you_mean(name, columns)}columns: {listed}"
                )
    if roles.target is None:
        note(f"{table.where}: data.target is not given: the last column, {columns[-1]}, is predicted")
    target = roles.target or columns[-1]
    table.refuse_unreadable([target, *filter(None, [roles.index])])
    return target


def find_columns(table: RawTable, train: pd.DataFrame, target: str, roles: Roles) -> tuple[list[str], list[str]]:
    """Returns the numeric and the categorical columns to learn from; notes what is not obvious on stderr.

    Args:
        train: the training rows of the table.

    Raises:
        DataError: a number that is too large, a column whose texts are unclear, or no column to learn from.
    """
    left_out = {target, roles.index, *roles.drop, *roles.dates}
    refuse_unclear(table, [name for name in train.columns if name not in left_out], roles.categorical)
    empty = [name for name in train.columns[train.isna().all()] if name not in left_out]
    if empty:
        note(f"{table.where}: {listed(empty)}: empty in all training rows, left out")
    left_out |= set(empty)
    numeric, categorical = [], []
    for name in train.columns:
        if name in left_out:
            continue
        if train[name].dtype == np.float64:
            table.refuse_large(name)
            numeric.append(name)
        elif name in roles.categorical or _is_short_list(table, train, name, roles.max_categories):
            categorical.append(name)
    if not numeric and not categorical:
        raise DataError(f"{table.where}: no column to learn {target} from; the table has {listed(list(train.columns))}")
    return numeric, categorical


def with_numbers(table: RawTable, names: Iterable[str]) -> RawTable:
    """Returns the table with these columns as float64.

    Raises:
        DataError: names the rows that hold text there.
    """
    converted = {}
    for name in names:
        column = table.frame[name]
        if column.dtype != np.float64:
            converted[name] = table.as_numbers(name)
            wrong = column.notna().to_numpy() & np.isnan(converted[name])
            reading = number_question(table, name)
            expected = reading or "data.missing_values= lists texts that stand for none"
            table.refuse(name, wrong, f"a number is expected ({expected})")
    return replace(table, frame=table.frame.assign(**converted)) if converted else table


def check_sums(table: RawTable, numeric: Sequence[str], sums: Mapping[str, Sequence[str]]) -> None:
    """Refuses sums of columns that are not numeric, or under a name that the table has.

    Raises:
        DataError: names the column.
    """
    for total, parts in sums.items():
        if total in table.frame.columns:
            raise DataError(f"{table.where}: data.sums.{total}: the table has a column of that name; choose another")
        for part in parts:
            if part not in numeric:
                raise DataError(
                    f"{table.where}: data.sums.{total}: {part!r} is not a numeric column; "
                    f"{did_you_mean(part, numeric)}numeric are {listed(list(numeric))}"
                )


def listed(names: Sequence[str]) -> str:
    """Returns ``columns a, b and 3 more``."""
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"column{'s' if len(names) > 1 else ''} {shown}"


def _is_short_list(table: RawTable, train: pd.DataFrame, name: str, most: int) -> bool:
    """Whether a text column has few enough categories; notes where numbers and texts are mixed."""
    texts = table.frame[name].cat.categories
    is_text = np.array([table.notation.number(text) is None for text in texts], bool)
    if len(texts) and not is_text.any():
        note(
            f"{table.where}: column {name}: numbers stored as text, taken as categories; "
            f"data.numeric=[{name}] learns from their values"
        )
    if is_text.any() and not is_text.all():
        wrong = table.frame[name].isin(texts[is_text]).to_numpy()
        example = table.frame[name].iloc[int(np.argmax(wrong))]
        note(
            f"{table.where}: column {name} mixes numbers and text ({example!r} in {table.rows(wrong)}): "
            f"taken as categories; data.missing_values=[{example}] would take it as missing",
        )
    categories = train[name].nunique()
    if categories > most:
        note(
            f"{table.where}: column {name}: {categories:,} different texts, left out; data.max_categories= allows more"
        )
    return bool(categories <= most)
