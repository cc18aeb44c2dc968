"""The column that is predicted, as numbers or as labels."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lightlab.data.tables.reading import RawTable, as_text, refuse
from lightlab.errors import DataError, UsageError, did_you_mean
from lightlab.spec import TargetScale


@dataclass(frozen=True)
class TargetColumn:
    """How a cell becomes a target.

    Attributes:
        name: of the column.
        kind: ``number``, ``binary`` or ``class``.
        values: of the classes, by label; empty for numbers.
        scale: of numbers.
    """

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    scale: TargetScale = field(default_factory=TargetScale)

    @classmethod
    def found(cls, table: RawTable, name: str, kind: str, positive: str | None = None) -> TargetColumn:
        """Looks for the classes; `positive` is, of two, the one that becomes 1.

        Raises:
            DataError: the rows whose cell is empty; too few classes or too many.
            UsageError: there is no such positive value.
        """
        values = [] if kind == "number" else _values(table, name)
        if kind == "binary":
            values = _positive_last(table, name, values, positive)
        return cls(name, kind, values)

    def scaled_as(self, raw: np.ndarray, scale: Literal["raw", "standard", "log"]) -> TargetColumn:
        """Fits the scale of numbers to those that are trained on; `raw` is what `raw` gave."""
        return replace(self, scale=TargetScale.fitted(torch.from_numpy(raw), scale)) if self.kind == "number" else self

    def raw(self, table: RawTable) -> np.ndarray:
        """Float64 numbers or int64 labels, (N,).

        Raises:
            DataError: the rows whose cell is empty, text for a number, infinite, without a logarithm where one is
                taken, or a class that is not known.
        """
        if self.kind != "number":
            return _labels(table, self.name, self.values)
        numbers = _numbers(table, self.name)
        if self.scale.log:
            check_log(table, self.name, numbers)
        return numbers

    def stored(self, raw: np.ndarray) -> Tensor:
        """As a `Split` holds them: scaled numbers and 0.0 or 1.0 as float32 (N, 1), labels as int64 (N,)."""
        targets = torch.from_numpy(raw)
        if self.kind == "class":
            return targets
        return (self.scale.scaled(targets) if self.kind == "number" else targets.float()).unsqueeze(1)

    def state(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> TargetColumn:
        return cls(**state | {"scale": TargetScale(**state["scale"])})


def check_log(table: RawTable, name: str, raw: np.ndarray) -> None:
    """Refuses numbers that have no logarithm."""
    refuse(table, name, raw <= 0, "data.target_scale=log takes numbers above 0; choose standard")


def _numbers(table: RawTable, name: str) -> np.ndarray:
    column = table.frame[name]
    values = column if column.dtype == np.float64 else pd.to_numeric(column.astype(object), errors="coerce")
    found = np.array(values, np.float64)
    refuse(table, name, ~np.isfinite(found), "a number is expected in the column that is predicted")
    return found


def _values(table: RawTable, name: str) -> list[str]:
    """In the order of numbers where all are numbers, else of the alphabet."""
    column = as_text(table, name)
    refuse(table, name, column.isna().to_numpy(), "a class is expected in the column that is predicted")
    values = [str(each) for each in column.cat.remove_unused_categories().cat.categories]
    if len(values) < 2:
        raise DataError(f"{table.where}, column {name}: every row is {values[0]!r}; two classes or more are expected")
    if len(values) > max(2, len(table) // 2):
        raise DataError(
            f"{table.where}, column {name}: {len(values):,} classes in {len(table):,} rows; "
            "if these are numbers to predict: task=regression"
        )
    numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(np.float64)
    return sorted(values) if np.isnan(numbers).any() else [values[place] for place in np.argsort(numbers)]


def _positive_last(table: RawTable, name: str, values: list[str], positive: str | None) -> list[str]:
    listed = ", ".join(values[:10]) + (", …" if len(values) > 10 else "")
    if len(values) != 2:
        raise DataError(
            f"{table.where}, column {name}: {len(values)} classes ({listed}) where two are expected; "
            "task=softmax takes more"
        )
    if positive is not None and positive not in values:
        raise UsageError(
            f"data.positive={positive}: no such value in column {name}; {did_you_mean(positive, values)}it has {listed}"
        )
    return values if positive in (None, values[1]) else values[::-1]


def _labels(table: RawTable, name: str, values: list[str]) -> np.ndarray:
    column = as_text(table, name)
    label = {value: place for place, value in enumerate(values)}
    of_codes = [label.get(value, -1) for value in column.cat.categories]
    found = np.array([*of_codes, -1], np.int64)[column.cat.codes.to_numpy()]  # the last is for what is missing
    expected = ", ".join(values[:10]) + (", …" if len(values) > 10 else "")
    refuse(table, name, found < 0, f"expected is one of {expected}")
    return found
