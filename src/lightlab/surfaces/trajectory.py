"""The trajectory of a descent: recorded by a callback, kept in trajectory.csv."""

from __future__ import annotations

import csv
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor
from torch.optim import Optimizer

from lightlab.callbacks.base import Display, module_of
from lightlab.files import whole_file
from lightlab.plots.style import labels, save
from lightlab.runs.loggers import RunLogger
from lightlab.surfaces.descent import SurfaceDescent
from lightlab.surfaces.functions import Surface
from lightlab.surfaces.pictures import animate, surface_figure

_COLUMNS = ("step", "x", "y", "f", "learning_rate")


@dataclass
class Trajectory:
    """Equally long columns: where the point was after `steps` steps, how high, and the rate of the step from there."""

    steps: list[int] = field(default_factory=list)
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)

    def add(self, step: int, x: float, y: float, height: float, learning_rate: float) -> None:
        for column, value in zip(self.columns(), (step, x, y, height, learning_rate), strict=True):
            column.append(value)

    def columns(self) -> tuple[list, ...]:
        return self.steps, self.x, self.y, self.heights, self.learning_rates

    def write(self, path: Path) -> None:
        with whole_file(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_COLUMNS)
            writer.writerows(
                [step, *(f"{value:.8g}" for value in row)] for step, *row in zip(*self.columns(), strict=True)
            )

    @classmethod
    def read(cls, path: Path) -> Trajectory:
        trajectory = cls()
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                step, *values = (row[name] for name in _COLUMNS)
                trajectory.add(int(step), *map(float, values))
        return trajectory


class KeepTrajectory(Display):
    """Writes trajectory.csv and figures/surface.png when training ends, also when it ends early.

    Args:
        animation: write figures/surface.gif as well.
        language: of the picture's labels: ``en`` or ``zh``.
    """

    def __init__(self, animation: bool = False, language: str = "en") -> None:
        self.animation = animation
        self.language = language
        self.trajectory = Trajectory()

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        self._add(trainer, pl_module, float(optimizer.param_groups[0]["lr"]))

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._finish(trainer, pl_module)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        with suppress(OSError):  # which may be what ended the run
            self._finish(trainer, pl_module)

    def state_dict(self) -> dict[str, Any]:
        return {"columns": [list(column) for column in self.trajectory.columns()]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.trajectory = Trajectory(*(list(column) for column in state_dict["columns"]))

    def _add(self, trainer: Trainer, module: LightningModule, learning_rate: float) -> None:
        assert isinstance(module, SurfaceDescent)
        x, y = module.point.tolist()
        height = float(module.criterion(module.point.unsqueeze(0)))
        self.trajectory.add(trainer.global_step, x, y, height, learning_rate)

    @torch.no_grad()
    def _finish(self, trainer: Trainer, module: LightningModule) -> None:
        if not self.trajectory.steps:
            return
        example = module.example_input_array
        assert isinstance(example, Tensor)
        module(example.to(module.device))
        self._add(trainer, module, self.trajectory.learning_rates[-1])
        folder = Path(trainer.default_root_dir)
        self.trajectory.write(folder / "trajectory.csv")
        surface = module.criterion
        assert isinstance(surface, Surface)
        ways = {type(trainer.optimizers[0]).__name__: self.trajectory}
        with labels(self.language) as say:
            figure = surface_figure(surface, module_of(module).spec.name, ways, say)
            save(figure, folder / "figures" / "surface.png")
            if self.animation:
                animate(surface, ways, folder / "figures" / "surface.gif", say)
        for logger in trainer.loggers:
            if isinstance(logger, RunLogger):
                logger.experiment.add_figure("surface", figure, trainer.global_step)
