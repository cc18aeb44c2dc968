"""Where on a surface a run starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.data.numbers import read_numbers
from lightlab.data.resident import Split
from lightlab.errors import DataError, UsageError
from lightlab.spec import Spec


class SurfaceStart(ResidentDataModule):
    """One row, the start (x, y), so that an epoch is one step; its target is not looked at.

    Args:
        name: of the surface.
        start: (x, y), both finite.
    """

    def __init__(self, name: str, start: Sequence[float], **loading: Any) -> None:
        super().__init__(**loading)
        self.dataset = name
        self.start = torch.tensor(start, dtype=torch.float32)
        if self.start.shape != (2,) or not self.start.isfinite().all():
            raise UsageError(f"data.start={list(start)}: must be two finite numbers, x and y")

    @property
    def example_input(self) -> str:
        return str([self.start.tolist()]).replace(" ", "")

    def load(self) -> tuple[Spec, dict[str, Split]]:
        spec = Spec(self.dataset, (2,), 2, "surface", input_names=("x", "y"), start=tuple(self.start.tolist()))
        return spec, {"train": Split(self.start.unsqueeze(0), torch.zeros(1, 1))}

    def read(self, source: Any) -> Inputs:
        """The start itself: from elsewhere the run would have gone another way."""
        read = read_numbers(source, ("x", "y"), "height")
        if not torch.equal(read.inputs, self.start.expand_as(read.inputs)):
            raise DataError(
                f"input={source}: this run started at {self.example_input}, and says where it went from there; "
                f"from elsewhere: python train.py task=surface data={self.dataset} data.start=[x,y]"
            )
        return Inputs(read.names, read.inputs)
