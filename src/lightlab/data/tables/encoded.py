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
        numbers, codes = rows[:, : len(self.numbers)], rows[:, len(self.numbers) :]
        return torch.cat([self._standardised(numbers), self._one_hot(codes)], 1).float()

    def _standardised(self, numbers: Tensor) -> Tensor:
        learnt, place = self.preparation, {name: place for place, name in enumerate(self.numbers)}
        sums = [numbers[:, [place[part] for part in parts]].nan_to_num(0.0).sum(1) for parts in learnt.sums.values()]
        names = [*self.numbers, *learnt.sums]
        values = torch.cat([numbers, *(column[:, None] for column in sums)], 1)
        values = values[:, [names.index(name) for name in learnt.numeric]]
        logged = torch.tensor([name in learnt.logged for name in learnt.numeric], device=numbers.device)
        values = torch.where(logged, values.clamp(min=0).log1p(), values)
        values = torch.where(values.isnan(), numbers.new_tensor(learnt.fill), values)
        values = (values - numbers.new_tensor(learnt.mean)) / numbers.new_tensor(learnt.scale)
        return values if learnt.clip is None else values.clamp(-learnt.clip, learnt.clip)

    def _one_hot(self, codes: Tensor) -> Tensor:
        sizes = [len(values) for values in self.preparation.categories.values()]
        columns = [column for column, size in enumerate(sizes) for _ in range(size)]  # one for each input
        categories = codes.new_tensor([category for size in sizes for category in range(size)])
        return codes[:, columns] == categories

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
