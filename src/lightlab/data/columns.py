"""Which of a table's columns are numbers, which are categories, and which are left out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lightlab.data.tables import RawTable, refuse
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
        _say(table, f"data.target is not given: the last column, {names[-1]}, is predicted")
    return roles.target or names[-1]


def find_columns(table: RawTable, train: pd.DataFrame, target: str, roles: Roles) -> tuple[list[str], list[str]]:
    """The numeric and the categorical columns to learn from; what is not obvious is said on stderr.

    Args:
        train: the rows of the table that are trained on.

    Raises:
        DataError: an infinite number, or no column to learn from.
    """
    others = {target, roles.index, *roles.drop}
    names = [name for name in train.columns if name not in others]
    empty = [name for name in names if train[name].isna().all()]
    if empty:
        _say(table, f"{_listed(empty)}: empty in all rows of training, left out")
    names = [name for name in names if name not in empty]
    numeric = [name for name in names if train[name].dtype == np.float64]
    for name in numeric:
        refuse(table, name, np.isinf(table.frame[name].to_numpy()), "a finite number is expected")
    categorical = [name for name in names if name not in numeric]
    many = [n for n in categorical if n not in roles.categorical and train[n].nunique() > roles.max_categories]
    for name in many:
        _say(
            table,
            f"column {name}: {train[name].nunique():,} different texts, left out; data.max_categories= allows more",
        )
    categorical = [name for name in categorical if name not in many]
    if not numeric and not categorical:
        raise DataError(f"{table.where}: no column to learn {target} from; columns: {', '.join(train.columns)}")
    for name in set(categorical) - set(roles.categorical):
        _say_mixed(table, name)
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


def check_present(table: RawTable, needed: Iterable[str]) -> None:
    """Refuses a table for prediction that lacks columns, and says which others are not looked at.

    Raises:
        DataError: names the columns.
    """
    names = list(table.frame.columns)
    missing = [name for name in needed if name not in names]
    if missing:
        hint = did_you_mean(missing[0], names)
        raise DataError(f"{table.where}: lacks {_listed(missing)} of what this run learnt from; {hint}add them")


def say_ignored(table: RawTable, names: list[str]) -> None:
    if names:
        _say(table, f"{_listed(names)}: not in the table that this run learnt from, ignored")


def say_unseen(table: RawTable, unseen: Mapping[str, int]) -> None:
    """Args: unseen: for each column how many cells hold a category that training did not see."""
    if unseen:
        counts = ", ".join(f"{name} {count:,}" for name, count in unseen.items())
        _say(table, f"{sum(unseen.values()):,} cells hold categories that training did not see, ignored: {counts}")


def _say_mixed(table: RawTable, name: str) -> None:
    """A column of numbers with a text among them is rarely meant so."""
    texts = table.frame[name].cat.categories
    is_text = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").isna().to_numpy()
    if is_text.all() or not is_text.any():
        return
    wrong = table.frame[name].isin(texts[is_text]).to_numpy()
    example = table.frame[name].iloc[int(np.argmax(wrong))]
    _say(
        table,
        f"column {name} mixes numbers and text ({example!r} in {table.rows(wrong)}): taken as categories; "
        f"data.missing_values=[{example}] would take it as missing",
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"column{'s' if len(names) > 1 else ''} {shown}"


def _say(table: RawTable, remark: str) -> None:
    print(f"! {table.where}: {remark}", file=sys.stderr)
