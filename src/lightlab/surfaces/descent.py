"""A point that descends a surface: its data module, network and LightningModule."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import MetricCollection

from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.data.loader import Split
from lightlab.data.tables.raw_table import read_numbers
from lightlab.errors import DataError, UsageError
from lightlab.modules.supervised import SupervisedModule
from lightlab.networks.layers import Layer, Layers
from lightlab.networks.shapes import check_input
from lightlab.spec import Spec


class SurfaceStart(ResidentDataModule):
    """One row, the start (x, y), so that an epoch is one step; its target is ignored.

    Args:
        name: of the surface.
        start: (x, y).
    """

    def __init__(self, name: str, start: Sequence[float], **loading: Any) -> None:
        super().__init__(**loading)
        self.dataset = name
        self.start = torch.tensor(start, dtype=torch.float32)
        self.example_option = f"input='{[self.start.tolist()]}'".replace(" ", "")

    def load(self) -> tuple[Spec, dict[str, Split]]:
        spec = Spec(self.dataset, (2,), 2, "surface", input_names=("x", "y"), start=tuple(self.start.tolist()))
        return spec, {"train": Split(self.start.unsqueeze(0), torch.zeros(1, 1))}

    def read(self, source: Any) -> Inputs:
        """Accepts the start alone: a run holds one trajectory."""
        read = read_numbers(source, ("x", "y"), "height")
        if not torch.equal(read.inputs, self.start.expand_as(read.inputs)):
            raise DataError(
                f"input={source}: this run knows only where its trajectory from {[self.start.tolist()]} ended; "
                f"for another start: python train.py task=surface data={self.dataset} data.start=[x,y]"
            )
        return Inputs(read.names, read.inputs)


class Point(nn.Module):
    """(x, y) for every input: (N, …) → (N, 2). Its only weights are the two, which begin at `Spec.start`.

    A vector, so that no initializer moves it.
    """

    input_kinds = ("surface",)

    def __init__(self, spec: Spec, layers: Layers, activation: Layer) -> None:
        super().__init__()
        check_input(self, spec)
        self.position = nn.Parameter(torch.tensor(spec.start))  # (2,)

    def forward(self, x: Tensor) -> Tensor:
        return self.position.expand(len(x), -1)


class SurfaceDescent(SupervisedModule):
    """Outputs (N, 2) are points, and their height on the surface is the loss.

    Args:
        surface: one of `lightlab.surfaces.functions`.

    Attributes:
        point: (x, y) of the last forward pass, before the step that follows it.

    Raises:
        UsageError: the surface has no finite height at the start.
    """

    target = "surface"

    def __init__(self, surface: nn.Module, **learning: Any) -> None:
        super().__init__(criterion=surface, **learning)
        self.point = torch.tensor(self.spec.start)
        height = float(self.criterion(self.point.unsqueeze(0)))
        if not abs(height) < float("inf"):
            x, y = self.spec.start
            raise UsageError(
                f"data.start=[{x:g}, {y:g}]: the height of {self.spec.name} is {height} there; start where it is "
                "finite, such as [1, 1]"
            )

    def metrics(self) -> MetricCollection:
        return MetricCollection({})

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.network(x)
        self.point = outputs.detach()[-1]
        return outputs

    def end_train_epoch(self, is_monitored: bool) -> None:
        super().end_train_epoch(is_monitored)
        self.log_dict({"point/x": self.point[0], "point/y": self.point[1]})

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        """The last position of the point and its height."""
        heights = [float(self.criterion(row.unsqueeze(0))) for row in outputs]
        return {"x": outputs[:, 0].tolist(), "y": outputs[:, 1].tolist(), "height": heights}
