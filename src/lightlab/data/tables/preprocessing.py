"""Preprocesses table columns: numbers standardised, categories one-hot; fitted on the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lightlab.config.rules import POSITIVE, SWITCH, ListOf, MappingOf, Number, OneOf, Text
from lightlab.data.tables.dates import part_names, with_dates
from lightlab.data.tables.raw_table import RawTable
from lightlab.data.tables.roles import listed, with_numbers
from lightlab.data.tables.target import TargetColumn
from lightlab.errors import DataError, did_you_mean
from lightlab.spec import Spec

MISSING = "NaN"  # the category of a cell that is missing
RARE = "(rare)"  # the input that all rare categories of a column share, and those never seen
SKEWED = 0.75  # a column whose skewness lies above is taken to be skewed


@dataclass(frozen=True)
class Preparation:
    """Statistics of the training rows, column by column; plain values, so that a checkpoint can hold them.

    Attributes:
        numeric: the columns that are standardised, sums included.
        logged: the numeric columns that become ln(1 + x) first.
        fill: replaces a missing number before it is standardised, one value a numeric column.
        mean: subtracted from numbers, one value a numeric column.
        scale: divides them then, one value a numeric column.
        categories: sorted, by categorical column; with `MISSING` where cells were missing, and `RARE` last where some
            were rare.
        rare: the categories that `RARE` stands for, by column.
        clip: limits standardised numbers to ±clip; None: no limit.
        sums: the columns that each sum adds up, missing cells as 0.
        dates: the order of year, month and day in the columns of dates, whose parts are among the numeric columns.
    """

    numeric: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    fill: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    scale: list[float] = field(default_factory=list)
    categories: dict[str, list[str]] = field(default_factory=dict)
    rare: dict[str, list[str]] = field(default_factory=dict)
    clip: float | None = None
    sums: dict[str, list[str]] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)

    @classmethod
    def fitted(
        cls,
        frame: pd.DataFrame,
        numeric: list[str],
        categorical: list[str],
        recipe: Recipe,
        dates: Mapping[str, str] | None = None,
    ) -> Preparation:
        """Computes the statistics of training rows, which have the parts of `dates` among their numeric columns."""
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import StandardScaler

        sums = {name: list(parts) for name, parts in (recipe.sums or {}).items()}
        frame, numeric = _summed(frame, sums), [*numeric, *sums]
        logged = [name for name in numeric if _is_skewed(frame[name], recipe.skewed)]
        statistics: dict[str, list[float]] = {}
        if numeric:
            imputer, scaler = SimpleImputer(strategy=recipe.missing), StandardScaler()
            scaler.fit(imputer.fit_transform(_logged(frame, logged)[numeric].to_numpy()))
            values = {"fill": imputer.statistics_, "mean": scaler.mean_, "scale": scaler.scale_}
            statistics = {name: array.tolist() for name, array in values.items()}
        categories, rare = {}, {}
        for name in categorical:
            counts = frame[name].astype(object).fillna(MISSING).value_counts().sort_index()
            common = counts >= (recipe.rare_below or 1)
            categories[name] = list(counts.index[common])
            if not common.all():
                categories[name].append(RARE)
                rare[name] = list(counts.index[~common])
        parts = dict(dates or {})
        return cls(
            numeric, logged, **statistics, categories=categories, rare=rare, clip=recipe.clip, sums=sums, dates=parts
        )

    @property
    def columns(self) -> list[str]:
        """The table's columns, in the order of `compact`."""
        return [*self.numeric, *self.categories]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the network's inputs."""
        hot = [f"{column}={category}" for column, values in self.categories.items() for category in values]
        return (*self.numeric, *hot)

    @property
    def width(self) -> int:
        return len(self.numeric) + sum(map(len, self.categories.values()))

    def compact(self, frame: pd.DataFrame) -> Tensor:
        """Returns stored rows, float32 (N, columns): standardised numbers, and the place of each category.

        A category's place is the input that is 1 for it; the place behind the last is for unseen categories.
        """
        frame = _summed(frame, self.sums)
        rows = np.empty((len(frame), len(self.columns)), np.float32)
        for index, name in enumerate(self.numeric):
            column = _log1p(frame[name]) if name in self.logged else frame[name].to_numpy()
            filled = np.where(np.isnan(column), self.fill[index], column)
            rows[:, index] = (filled - self.mean[index]) / self.scale[index]
        if self.clip is not None:
            np.clip(rows, -self.clip, self.clip, out=rows)  # NaN stays, for the check that follows
        first = len(self.numeric)
        for index, (name, values) in enumerate(self.categories.items(), start=len(self.numeric)):
            places = {category: first + place for place, category in enumerate(values)}
            rows[:, index] = category_places(frame[name], places, places.get(RARE, self.width))
            first += len(values)
        return torch.from_numpy(rows)

    def unseen(self, frame: pd.DataFrame) -> dict[str, int]:
        """Counts, by column, the cells whose category no training row had."""
        counts = {
            name: int(_is_unseen(frame[name], {*values, *self.rare.get(name, [])}).sum())
            for name, values in self.categories.items()
        }
        return {name: count for name, count in counts.items() if count}

    def expand(self, rows: Tensor) -> Tensor:
        """Stored rows (N, columns) → inputs of the network (N, width)."""
        if not self.categories:
            return rows
        first = len(self.numeric)
        inputs = rows.new_zeros(len(rows), self.width + 1)  # the spare column takes unseen categories
        inputs[:, :first] = rows[:, :first]
        inputs.scatter_(1, rows[:, first:].long(), 1.0)
        return inputs[:, :-1]


@dataclass(frozen=True)
class Recipe:
    """How columns are prepared.

    Attributes:
        missing: ``mean`` or ``median`` replaces a missing number.
        skewed: ``log`` takes ln(1 + x) of numbers that are never negative and skewed to the right.
        clip: limits standardised numbers to ±clip; None: no limit.
        rare_below: categories of fewer training rows share one input; None: each has its own.
        sums: additional numbers, each the sum of numeric columns: ``{floor_area: [ground_floor, first_floor]}``.
    """

    missing: str = "mean"
    skewed: str | None = None
    clip: float | None = None
    rare_below: int | None = None
    sums: Mapping[str, Sequence[str]] | None = None


def _is_skewed(column: pd.Series, skewed: str | None) -> bool:
    """Whether the third standardised moment of the numbers that are not missing lies above `SKEWED`."""
    if skewed is None:
        return False
    values = column.dropna().to_numpy(np.float64)
    if values.min() < 0 or values.std() == 0:
        return False
    return bool((((values - values.mean()) / values.std()) ** 3).mean() > SKEWED)


def _summed(frame: pd.DataFrame, sums: Mapping[str, list[str]]) -> pd.DataFrame:
    return frame.assign(**{name: frame[parts].fillna(0).sum(axis=1) for name, parts in sums.items()}) if sums else frame


def _logged(frame: pd.DataFrame, logged: list[str]) -> pd.DataFrame:
    return frame.assign(**{name: _log1p(frame[name]) for name in logged}) if logged else frame


def _log1p(column: pd.Series) -> np.ndarray:
    """Returns ln(1 + x), taking negative numbers, which no training row had, as 0."""
    return np.log1p(column.to_numpy().clip(min=0))


def category_places(column: pd.Series, places: Mapping[str, int], spare: int) -> np.ndarray:
    """Returns the place of each cell's category, float32 (N,); `spare` where it is not among `places`."""
    of_codes = [places.get(category, spare) for category in column.cat.categories]
    missing = places.get(MISSING, spare)  # pandas' code for it is −1, the last
    return np.array([*of_codes, missing], np.float32)[column.cat.codes.to_numpy()]


def _is_unseen(column: pd.Series, known: set[str]) -> np.ndarray:
    new = [category not in known for category in column.cat.categories]
    return np.array([*new, False])[column.cat.codes.to_numpy()]


_NAMES = ListOf(Text(also=("",)))
# The rules of `LearntTable.state`, for what is read from a checkpoint.
LEARNT_FORM = {
    "columns": _NAMES,
    "index": Text(also=(None, "")),
    "target.name": Text(also=("",)),
    "target.kind": OneOf(("number", "binary", "class")),
    "target.values": _NAMES,
    "target.scale.log": SWITCH,
    "target.scale.mean": Number(),
    "target.scale.std": POSITIVE,
    "preparation.numeric": _NAMES,
    "preparation.logged": _NAMES,
    "preparation.fill": ListOf(Number()),
    "preparation.mean": ListOf(Number()),
    "preparation.scale": ListOf(POSITIVE),
    "preparation.categories": MappingOf(_NAMES),
    "preparation.rare": MappingOf(_NAMES),
    "preparation.clip": Number(0, open_low=True, also=(None,)),
    "preparation.sums": MappingOf(_NAMES),
    "preparation.dates?": MappingOf(OneOf(("ymd", "dmy", "mdy"))),
}


@dataclass(frozen=True)
class LearntTable:
    """What prediction needs to know of a table; plain values, so that a checkpoint can hold them.

    Attributes:
        columns: all of the table's, in its order.
        target: the one that is predicted.
        index: the one that names the rows.
        preparation: of the columns that predictions are made from.
    """

    columns: list[str]
    target: TargetColumn
    index: str | None = None
    preparation: Preparation = field(default_factory=Preparation)

    def contradiction(self, spec: Spec) -> str:
        """Returns what does not fit together in a state that was read, in a few words; empty if everything does."""
        learnt, target = self.preparation, self.target
        numbers = len(learnt.numeric)
        sums = {name for parts in learnt.sums.values() for name in parts}
        fits = {
            "fill, mean and scale": numbers == len(learnt.fill) == len(learnt.mean) == len(learnt.scale),
            "logged": set(learnt.logged) <= set(learnt.numeric),
            "rare": set(learnt.rare) <= set(learnt.categories),
            "sums": set(learnt.sums) | sums <= set(learnt.numeric),
            "columns": {*learnt.columns, *learnt.dates, target.name} - {*learnt.sums, *part_names(learnt.dates)}
            <= set(self.columns),
            "the network's inputs": learnt.names == spec.input_names and (learnt.width,) == spec.input_shape,
            "target": (target.name, target.kind, target.scale) == (spec.target_name, spec.target, spec.target_scale)
            and len(target.values) == len(spec.class_names),
        }
        return next((f"{name}: the columns contradict each other" for name, holds in fits.items() if not holds), "")

    def inputs(self) -> list[str]:
        """Returns the columns that predictions are made from, in the table's order."""
        learnt = {*self.preparation.columns, *self.preparation.dates}
        return [name for name in self.columns if name in learnt]

    def headers(self) -> list[list[str]]:
        """Returns the columns that a file without a header may have: all, all but the target, or those of `inputs`."""
        return [self.columns, [name for name in self.columns if name != self.target.name], self.inputs()]

    def stored(self, table: RawTable) -> Tensor:
        """Returns the rows as a `Split` holds them: float32 (N, columns).

        Raises:
            DataError: missing columns, text where numbers were learnt, or numbers out of all proportion.
        """
        table = self.learnable(table)
        with np.errstate(over="ignore"):  # the next lines find it
            rows = self.preparation.compact(table.frame)
        finite = rows.isfinite().numpy()
        if not finite.all():
            wrong = np.argmin(finite.all(0))
            raise DataError(
                f"{table.where}, column {self.preparation.columns[wrong]}, {table.rows(~finite[:, wrong])}: "
                "a number is too large beside those learnt"
            )
        return rows

    def learnable(self, table: RawTable) -> RawTable:
        """Returns the table with the columns of `preparation`: numbers as numbers, dates as their parts.

        Raises:
            DataError: missing columns, text where numbers were learnt, or numbers that float32 cannot hold.
        """
        missing = [name for name in self.inputs() if name not in table.frame.columns]
        if missing:
            hint = did_you_mean(missing[0], list(table.frame.columns))
            raise DataError(f"{table.where}: lacks {listed(missing)} of what this run learnt from; {hint}add them")
        table.refuse_unreadable(self.inputs())
        table = with_dates(table, self.preparation.dates)
        numbers = [name for name in self.preparation.numeric if name not in self.preparation.sums]
        table = with_numbers(table, numbers)
        for name in numbers:
            table.refuse_large(name)
        return table

    def state(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> LearntTable:
        target, preparation = TargetColumn.from_state(state["target"]), Preparation(**state["preparation"])
        return cls(state["columns"], target, state["index"], preparation)
