"""What a run has learnt of its table, and needs to read another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from lightlab.data.columns import check_present, with_numbers
from lightlab.data.preparation import Preparation
from lightlab.data.tables import RawTable, refuse
from lightlab.data.target_column import TargetColumn
from lightlab.errors import DataError


@dataclass(frozen=True)
class LearntTable:
    """Plain values, so that a checkpoint can hold them.

    Attributes:
        columns: all of the table's, in its order.
        target: the one that is predicted.
        index: the one that names the rows.
        preparation: of those that predictions are made from.
    """

    columns: list[str]
    target: TargetColumn
    index: str | None = None
    preparation: Preparation = field(default_factory=Preparation)

    def inputs(self) -> list[str]:
        """The columns that predictions are made from, in the table's order."""
        learnt = set(self.preparation.columns)
        return [name for name in self.columns if name in learnt]

    def headers(self) -> list[list[str]]:
        """What the columns of a file without a header may be: all, all but the target, or those of `inputs`."""
        return [self.columns, [name for name in self.columns if name != self.target.name], self.inputs()]

    def stored(self, table: RawTable) -> Tensor:
        """The rows as a `Split` holds them: float32 (N, columns).

        Raises:
            DataError: columns that are not there, text where numbers were learnt, or numbers out of all proportion.
        """
        check_present(table, self.inputs())
        numbers = [name for name in self.preparation.numeric if name not in self.preparation.sums]
        table = with_numbers(table, numbers)
        for name in numbers:
            refuse(table, name, np.isinf(table.frame[name].to_numpy()), "a finite number is expected")
        with np.errstate(over="ignore"):  # which is found below
            rows = self.preparation.compact(table.frame)
        wrong = ~rows.isfinite().all(1).numpy()
        if wrong.any():
            raise DataError(f"{table.where}, {table.rows(wrong)}: a number is too large beside those learnt")
        return rows

    def state(self) -> dict[str, Any]:
        preparation, target = self.preparation.state(), self.target.state()
        return {"columns": self.columns, "target": target, "index": self.index, "preparation": preparation}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> LearntTable:
        target, preparation = TargetColumn.from_state(state["target"]), Preparation(**state["preparation"])
        return cls(state["columns"], target, state["index"], preparation)
