"""The column that is predicted, as numbers or as labels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from lightlab.data.notation import PLAIN
from lightlab.data.sources import note
from lightlab.data.tables.questions import number_question
from lightlab.data.tables.raw_table import LARGEST, RawTable
from lightlab.errors import DataError, UsageError, did_you_mean
from lightlab.spec import TargetScale

MOST_SHOWN = 10  # classes in a message
LARGEST_WHOLE = 2.0**53  # from here on float64 skips whole numbers


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
    def of(cls, table: RawTable, name: str, kind: str, positive: str | None = None) -> TargetColumn:
        """Finds the classes; `positive` is the one of two that becomes 1.

        Raises:
            DataError: empty cells, too few classes or too many.
            UsageError: there is no such positive value.
        """
        values = [] if kind == "number" else _values(table, name)
        if kind == "binary":
            values = _positive_last(table, name, values, positive)
        return cls(name, kind, values)

    def scaled_as(self, raw: np.ndarray, scale: Literal["raw", "standard", "log"]) -> TargetColumn:
        """Fits the scale of numbers to the training rows' raw targets."""
        return replace(self, scale=TargetScale.fitted(torch.from_numpy(raw), scale)) if self.kind == "number" else self

    def raw(self, table: RawTable) -> np.ndarray:
        """Returns float64 numbers or int64 labels, (N,).

        Raises:
            DataError: an empty cell, text or an infinity for a number, no logarithm where one is taken, or an
                unknown class.
        """
        if self.kind != "number":
            return self._labels(table)
        numbers = table.as_numbers(self.name)
        question = number_question(table, self.name)
        expected = "a number is expected in the column that is predicted"
        table.refuse(self.name, ~(np.abs(numbers) <= LARGEST), f"{expected} ({question})" if question else expected)
        if self.scale.log:
            check_log(table, self.name, numbers)
        return numbers

    def stored(self, raw: np.ndarray, table: RawTable) -> Tensor:
        """Returns targets as a `Split` holds them: float32 (N, 1), scaled numbers or 0.0 and 1.0; int64 labels (N,).

        Args:
            raw: the targets of `table`.

        Raises:
            DataError: a number that float32 cannot hold once it is scaled.
        """
        targets = torch.from_numpy(raw)
        if self.kind == "class":
            return targets
        if self.kind == "binary":
            return targets.float().unsqueeze(1)
        scaled = self.scale.scaled(targets)
        table.refuse(self.name, ~scaled.isfinite().numpy(), "too large beside the training rows' targets")
        return scaled.unsqueeze(1)

    def _labels(self, table: RawTable) -> np.ndarray:
        column = table.as_text(self.name)
        label = {value: place for place, value in enumerate(self.values)}
        labels_by_code = [label.get(value, -1) for value in column.cat.categories]
        labels = np.array([*labels_by_code, -1], np.int64)[column.cat.codes.to_numpy()]  # the last is for missing cells
        table.refuse(self.name, labels < 0, f"expected is one of {_shown(self.values)}")
        return labels

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> TargetColumn:
        return cls(**state | {"scale": TargetScale(**state["scale"])})


def check_log(table: RawTable, name: str, raw: np.ndarray) -> None:
    """Refuses numbers that have no logarithm."""
    table.refuse(name, raw <= 0, "data.target_scale=log takes numbers above 0; choose standard")


def _values(table: RawTable, name: str) -> list[str]:
    """Returns the classes, ordered as numbers where all are numbers, else as text."""
    if table.frame[name].dtype == np.float64:
        large = np.abs(table.frame[name].to_numpy()) >= LARGEST_WHOLE
        table.refuse(name, large, f"numbers from 2^53 on run together; data.categorical=[{name}] reads classes as text")
    column = table.as_text(name)
    table.refuse(name, column.isna().to_numpy(), "a class is expected in the column that is predicted")
    values = [str(value) for value in column.cat.remove_unused_categories().cat.categories]
    if len(values) < 2:
        raise DataError(f"{table.where}, column {name}: every row is {values[0]!r}; two classes or more are expected")
    if len(values) > max(2, len(table) // 2):
        raise DataError(
            f"{table.where}, column {name}: {len(values):,} classes in {len(table):,} rows; "
            "if these are numbers to predict: task=regression"
        )
    _note_alike(table, name, values)
    numbers = [PLAIN.number(value) for value in values]
    return sorted(values) if None in numbers else [values[place] for place in np.argsort(np.array(numbers, np.float64))]


def _note_alike(table: RawTable, name: str, values: list[str]) -> None:
    """Notes classes that may be one: ``yes`` and ``Yes``, ``>50K`` and ``>50K.``."""
    known: dict[str, str] = {}
    for value in values:
        first = known.setdefault(value.casefold().strip(" ."), value)
        if first != value:
            note(f"{table.where}: column {name}: {first!r} and {value!r} are taken as different classes")
            return


def _positive_last(table: RawTable, name: str, values: list[str], positive: str | None) -> list[str]:
    if len(values) != 2:
        raise DataError(
            f"{table.where}, column {name}: {len(values)} classes ({_shown(values)}) where two are expected; "
            "task=softmax takes more"
        )
    if positive is not None and positive not in values:
        raise UsageError(
            f"data.positive={positive}: no such value in column {name}; "
            f"{did_you_mean(positive, values)}it has {_shown(values)}"
        )
    return values if positive in (None, values[1]) else values[::-1]


def _shown(values: list[str]) -> str:
    return ", ".join(values[:MOST_SHOWN]) + (", …" if len(values) > MOST_SHOWN else "")
