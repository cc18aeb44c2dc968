"""Rows of a table as an exported graph takes them: numbers as they are, categories by their numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lightlab.data.tables.preprocessing import MISSING, RARE, Preparation, category_places


@dataclass(frozen=True)
class EncodedTable:
    """Encodes rows, float64 (N, columns), and repeats the preparation of a table in torch's operations alone."""

    preparation: Preparation

    @property
    def numbers(self) -> list[str]:
        """The columns of numbers, which come first; sums are computed inside the graph."""
        return [name for name in self.preparation.numeric if name not in self.preparation.sums]

    @property
    def columns(self) -> list[str]:
        return [*self.numbers, *self.preparation.categories]

    def codes(self, column: str) -> dict[str, int]:
        """Returns the number of each category of a column; rare ones share one."""
        values = self.preparation.categories[column]
        codes = {category: place for place, category in enumerate(values)}
        return codes | dict.fromkeys(self.preparation.rare.get(column, ()), codes.get(RARE, -1))

    def encode(self, frame: pd.DataFrame) -> Tensor:
        """Returns the rows of a frame that `LearntTable.learnable` gives; NaN is a missing number, -1 no category."""
        rows = np.empty((len(frame), len(self.columns)))
        for place, name in enumerate(self.columns):
            if name in self.preparation.categories:
                codes = self.codes(name)
                rows[:, place] = category_places(frame[name], codes, codes.get(RARE, -1))
            else:
                rows[:, place] = frame[name].to_numpy()
        return torch.from_numpy(rows)

    def expand(self, rows: Tensor) -> Tensor:
        """Encoded rows (N, columns) → inputs of the network, float32 (N, width)."""
        learnt, place = self.preparation, {name: place for place, name in enumerate(self.columns)}
        columns = []
        for index, name in enumerate(learnt.numeric):
            if name in learnt.sums:
                column = rows[:, [place[part] for part in learnt.sums[name]]].nan_to_num(0.0).sum(1)
            else:
                column = rows[:, place[name]]
            if name in learnt.logged:
                column = column.clamp(min=0).log1p()
            column = torch.where(column.isnan(), learnt.fill[index], column)
            columns.append((column - learnt.mean[index]) / learnt.scale[index])
        inputs = [torch.stack(columns, 1).float()] if columns else []
        if columns and learnt.clip is not None:
            inputs = [inputs[0].clamp(-learnt.clip, learnt.clip)]
        for name, values in learnt.categories.items():
            codes = rows[:, place[name], None]
            inputs.append((codes == torch.arange(len(values), dtype=rows.dtype, device=rows.device)).float())
        return torch.cat(inputs, 1)

    def form(self) -> dict[str, Any]:
        """Returns what the user of an exported graph needs to know of its input, as plain values for JSON."""
        learnt = self.preparation
        categories = {
            name: {"codes": self.codes(name), "other": self.codes(name).get(RARE, -1)} for name in learnt.categories
        }
        return {
            "input": "a table's cells, float64, column by column: numbers, NaN where missing, and codes of categories",
            "outside": "reading the table, and replacing each category by its code: `other` where it has none, "
            f"that of {MISSING!r} for an empty cell",
            "columns": self.columns,
            "categories": categories,
            "dates": learnt.dates,
        }
