"""A few points listed in the config, and points drawn at random around a line or a plane."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.data.loader import Split
from lightlab.data.tables.raw_table import read_numbers
from lightlab.errors import UsageError
from lightlab.spec import Spec


class Points(ResidentDataModule):
    """Training data as the config lists it, without validation and test rows.

    Args:
        x: one row a point, each a list of features; a bare number is a row of one.
        y: one number a point.
        target: ``number`` or ``binary``.
    """

    def __init__(self, name: str, x: Sequence[Any], y: Sequence[float], target: str, **loading: Any) -> None:
        super().__init__(**loading)
        if len(x) != len(y):
            raise UsageError(f"data.x has {len(x)} points and data.y has {len(y)}; each point needs both")
        self.dataset = name
        self.x = torch.tensor([row if isinstance(row, (list, tuple)) else [row] for row in x], dtype=torch.float32)
        if self.x.ndim != 2 or not len(x):
            raise UsageError(
                f"data.x={list(x)}: must be one row or more of numbers, such as [1, 2] or [[1, 2], [3, 4]]"
            )
        self.y = torch.tensor(y, dtype=torch.float32)
        self.target = target
        self.features, self.example_option = _features(self.x.shape[1])

    def load(self) -> tuple[Spec, dict[str, Split]]:
        spec = Spec(self.dataset, (self.x.shape[1],), 1, self.target, input_names=self.features)
        return spec, {"train": Split(self.x, self.y.unsqueeze(1))}

    def read(self, source: Any) -> Inputs:
        return read_numbers(source, self.features, "y")


class LinearData(ResidentDataModule):
    """y = w·x + b + noise, with x and the noise normal; validation and test rows are drawn likewise.

    Args:
        weight: w, one number a feature.
        bias: b.
        rows: to train on; a quarter as many to validate and to test.
        noise: the standard deviation σ of the noise.
    """

    def __init__(
        self, name: str, weight: Sequence[float], bias: float, rows: int, noise: float, **loading: Any
    ) -> None:
        super().__init__(**loading)
        self.dataset = name
        self.weight = torch.tensor(weight, dtype=torch.float32)
        self.bias = bias
        self.rows = rows
        self.noise = noise
        self.features, self.example_option = _features(len(self.weight))

    def load(self) -> tuple[Spec, dict[str, Split]]:
        generator = torch.Generator().manual_seed(self.seed)
        held_out = max(2, self.rows // 4)
        sizes = {"train": self.rows, "val": held_out, "test": held_out}
        true_parameters = {"weight": self.weight.tolist(), "bias": [self.bias]}
        spec = Spec(
            self.dataset,
            (len(self.weight),),
            1,
            "number",
            input_names=self.features,
            true_parameters=true_parameters,
        )
        return spec, {name: self._draw(rows, generator) for name, rows in sizes.items()}

    def read(self, source: Any) -> Inputs:
        return read_numbers(source, self.features, "y")

    def _draw(self, rows: int, generator: torch.Generator) -> Split:
        x = torch.randn(rows, len(self.weight), generator=generator)
        noise = self.noise * torch.randn(rows, generator=generator)
        y: Tensor = x @ self.weight + self.bias + noise
        return Split(x, y.unsqueeze(1))


def _features(count: int) -> tuple[tuple[str, ...], str]:
    """Returns the features' names, and an example for predict.py."""
    names = ("x",) if count == 1 else tuple(f"x{index + 1}" for index in range(count))
    values = ",".join(str(float(4 + index)) for index in range(count))
    return names, f"input='[[{values}]]'"
