"""Which of a table's columns are numbers, which are categories, and which are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lightlab.data.notes import say_once
from lightlab.data.tables.reading import RawTable, refuse
from lightlab.errors import DataError, did_you_mean


@dataclass(frozen=True)
class Roles:
    """What a user says of the columns; the others are found by what they hold.

    Attributes:
        target: the column that is predicted; None for the last one.
        index: names the rows, and is not learnt from.
        drop: not to be learnt from.
        numeric: numbers, whose cells must then be so.
        categorical: categories, also where they are written as numbers.
        max_categories: a text column of more is left out, unless it is named in `categorical`.
    """

    target: str | None = None
    index: str | None = None
    drop: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    max_categories: int = 256


def target_of(table: RawTable, roles: Roles) -> str:
    """The name of the column that is predicted.

    Raises:
        DataError: there is no such column, or another that the roles name.
    """
    names = list(table.frame.columns)
    for key in ("target", "index", "drop", "numeric", "categorical"):
        said = getattr(roles, key)
        for name in said if isinstance(said, tuple) else filter(None, [said]):
            if name not in names:
                listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
                raise DataError(
                    f"{table.where}: no column {name!r} (data.{key}); {did_you_mean(name, names)}columns: {listed}"
                )
    if roles.target is None:
        say_once(f"{table.where}: data.target is not given: the last column, {names[-1]}, is predicted")
    return roles.target or names[-1]


def find_columns(table: RawTable, train: pd.DataFrame, target: str, roles: Roles) -> tuple[list[str], list[str]]:
    """The numeric and the categorical columns to learn from; what is not obvious is said on stderr.

    Args:
        train: the rows of the table that are trained on.

    Raises:
        DataError: an infinite number, or no column to learn from.
    """
    left_out = {target, roles.index, *roles.drop}
    empty = [name for name in train.columns if name not in left_out and train[name].isna().all()]
    if empty:
        say_once(f"{table.where}: {_listed(empty)}: empty in all rows of training, left out")
    left_out |= set(empty)
    numeric, categorical = [], []
    for name in train.columns:
        if name in left_out:
            continue
        if train[name].dtype == np.float64:
            refuse(table, name, np.isinf(table.frame[name].to_numpy()), "a finite number is expected")
            numeric.append(name)
        elif name in roles.categorical or _is_short_list(table, train, name, roles.max_categories):
            categorical.append(name)
    if not numeric and not categorical:
        raise DataError(
            f"{table.where}: no column to learn {target} from; the table has {_listed(list(train.columns))}"
        )
    return numeric, categorical


def with_numbers(table: RawTable, names: Iterable[str]) -> RawTable:
    """The table with these columns as float64.

    Raises:
        DataError: the rows that hold text there.
    """
    texts = [name for name in names if table.frame[name].dtype != np.float64]
    found = {}
    for name in texts:
        column = table.frame[name]
        found[name] = pd.to_numeric(column.astype(object), errors="coerce").astype(np.float64)
        wrong = (column.notna() & found[name].isna()).to_numpy()
        refuse(table, name, wrong, "a number is expected (data.missing_values= lists texts that stand for none)")
    return replace(table, frame=table.frame.assign(**found)) if found else table


def check_sums(table: RawTable, numeric: Sequence[str], sums: Mapping[str, Sequence[str]]) -> None:
    """Refuses sums of what is no numeric column, or under a name that the table has.

    Raises:
        DataError: names the column.
    """
    for total, parts in sums.items():
        if total in table.frame.columns:
            raise DataError(f"{table.where}: data.sums.{total}: the table has a column of that name; choose another")
        for part in parts:
            if part not in numeric:
                raise DataError(
                    f"{table.where}: data.sums.{total}: {part!r} is no numeric column; {did_you_mean(part, numeric)}"
                    f"numeric are {_listed(list(numeric))}"
                )


def check_present(table: RawTable, needed: Iterable[str]) -> None:
    """Refuses a table for prediction that lacks columns.

    Raises:
        DataError: names the columns.
    """
    names = list(table.frame.columns)
    missing = [name for name in needed if name not in names]
    if missing:
        hint = did_you_mean(missing[0], names)
        raise DataError(f"{table.where}: lacks {_listed(missing)} of what this run learnt from; {hint}add them")


def say_ignored(table: RawTable, known: Iterable[str]) -> None:
    """Says which columns the table has that training's, `known`, did not."""
    found = set(known)
    names = [name for name in table.frame.columns if name not in found]
    if names:
        say_once(f"{table.where}: {_listed(names)}: not in the table that this run learnt from, ignored")


def say_unseen(table: RawTable, unseen: Mapping[str, int]) -> None:
    """Args: unseen: for each column how many cells hold a category that training did not see."""
    if unseen:
        counts = ", ".join(f"{name} {count:,}" for name, count in unseen.items())
        say_once(
            f"{table.where}: {sum(unseen.values()):,} cells hold categories that training did not see, "
            f"ignored: {counts}"
        )


def _is_short_list(table: RawTable, train: pd.DataFrame, name: str, most: int) -> bool:
    """Whether a text column has few enough categories; a column of numbers with a text among them is said to be one."""
    texts = table.frame[name].cat.categories
    is_text = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").isna().to_numpy()
    if is_text.any() and not is_text.all():
        wrong = table.frame[name].isin(texts[is_text]).to_numpy()
        example = table.frame[name].iloc[int(np.argmax(wrong))]
        say_once(
            f"{table.where}: column {name} mixes numbers and text ({example!r} in {table.rows(wrong)}): "
            f"taken as categories; data.missing_values=[{example}] would take it as missing",
        )
    categories = train[name].nunique()
    if categories > most:
        say_once(
            f"{table.where}: column {name}: {categories:,} different texts, left out; data.max_categories= allows more"
        )
    return bool(categories <= most)


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"column{'s' if len(names) > 1 else ''} {shown}"
