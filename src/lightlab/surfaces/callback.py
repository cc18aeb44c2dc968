"""The callback that records a descent and draws it."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor
from torch.optim import Optimizer

from lightlab.callbacks.base import Display, loggers_of, module_of
from lightlab.files import whole_file
from lightlab.plots.style import save, translator
from lightlab.runs.media import add_picture
from lightlab.surfaces.descent import SurfaceDescent
from lightlab.surfaces.functions import Surface
from lightlab.surfaces.pictures import COLUMNS, animate, surface_figure


class KeepTrajectory(Display):
    """Writes trajectory.csv and figures/surface.png when training ends, also when it ends early.

    Args:
        animation: write figures/surface.gif as well.
        language: of the labels, ``en`` or ``zh``.
    """

    needs = (SurfaceDescent,)

    def __init__(self, animation: bool = False, language: str = "en") -> None:
        self.animation = animation
        self.language = language
        self.rows: list[list[float]] = []  # of COLUMNS

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        self._add(trainer, pl_module, float(optimizer.param_groups[0]["lr"]))

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._finish(trainer, pl_module)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        with suppress(OSError):  # a full disk may have ended the run
            self._finish(trainer, pl_module)

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows.copy()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = state_dict["rows"].copy()

    def _add(self, trainer: Trainer, module: LightningModule, learning_rate: float) -> None:
        assert isinstance(module, SurfaceDescent)
        height = float(module.criterion(module.point.unsqueeze(0)))
        self.rows.append([trainer.global_step, *module.point.tolist(), height, learning_rate])

    @torch.no_grad()
    def _finish(self, trainer: Trainer, module: LightningModule) -> None:
        if not self.rows:
            return
        example = module.example_input_array
        assert isinstance(example, Tensor)
        module(example.to(module.device))
        self._add(trainer, module, self.rows[-1][-1])
        trajectory = pd.DataFrame(self.rows, columns=COLUMNS)
        folder = Path(trainer.default_root_dir)
        with whole_file(folder / "trajectory.csv") as unfinished:
            trajectory.to_csv(unfinished, index=False, float_format="%.8g", na_rep="nan")
        surface, translate = module.criterion, translator(self.language)
        assert isinstance(surface, Surface)
        trajectories = {_name_of(trainer.optimizers[0]): trajectory}
        picture = folder / "figures" / "surface.png"
        save(surface_figure(surface, module_of(module).spec.name, trajectories, translate), picture)
        if self.animation:
            animate(surface, trajectories, picture.with_suffix(".gif"), translate)
        for logger in loggers_of(trainer):
            add_picture(logger, "surface", picture, trainer.global_step)


def _name_of(optimizer: Optimizer) -> str:
    """The optimizer's choice in conf/optimizer, such as ``adam``; torch has one class for three of them."""
    name, settings = type(optimizer).__name__.lower(), optimizer.defaults
    if name != "sgd" or not settings.get("momentum"):
        return name
    return "nesterov" if settings.get("nesterov") else "momentum"
