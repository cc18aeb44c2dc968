"""Decides which runs draw pictures, and draws inputs and curves."""

import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import torch
from lightning.pytorch import LightningModule, Trainer
from matplotlib.figure import Figure
from torch import Tensor

from lightlab.callbacks.base import Display, callbacks_of, data_of, loggers_of
from lightlab.callbacks.checkpointing import SaveConfig
from lightlab.data.base import ResidentDataModule
from lightlab.plots.curves import draw_curves
from lightlab.plots.images import inputs_figure
from lightlab.plots.style import save
from lightlab.runs.folder import results_of
from lightlab.runs.media import add_picture
from lightlab.runs.results import read_epochs


def wants_pictures(run: Path, choice: str, monitor: dict[str, str]) -> bool:
    """Returns whether a run's pictures are drawn, which takes as long as a third of a small network's epoch.

    Args:
        choice: ``all``, ``none``, or ``auto``: those of a single run; in a sweep those of a run that is best so far.
        monitor: name and mode of the metric that decides which is better.
    """
    in_a_sweep = (run.parent / "multirun.yaml").is_file()
    if choice != "auto" or not in_a_sweep:
        return choice != "none"
    metric, best = monitor["name"], max if monitor["mode"] == "max" else min
    others = [path.parent for path in run.parent.glob("*/metrics.json") if path.parent != run]
    other_scores = [score for other in others if (score := (results_of(other) or {}).get(metric)) is not None]
    own_scores = [row[metric] for row in read_epochs(run).rows if math.isfinite(row.get(metric, math.nan))]
    return not other_scores or (bool(own_scores) and best(own_scores + other_scores) != best(other_scores))


def are_drawn(trainer: Trainer) -> bool:
    configs = [callback.config for callback in callbacks_of(trainer) if isinstance(callback, SaveConfig)]
    folder = Path(trainer.default_root_dir)
    return all(wants_pictures(folder, config["pictures"], config["monitor"]) for config in configs)


def save_picture(trainer: Trainer, tag: str, draw: Callable[[], Figure]) -> None:
    """Draws into figures/, unless pictures are off, under the last part of `tag`, and shows it in the loggers."""
    if not are_drawn(trainer):
        return
    path = Path(trainer.default_root_dir) / "figures" / f"{tag.rpartition('/')[2]}.png"
    save(draw(), path)
    for logger in loggers_of(trainer):
        add_picture(logger, tag, path, trainer.global_step)


def as_seen(inputs: Tensor, data: ResidentDataModule) -> Tensor:
    """Scales prepared images (N, C, H, W) back to [0, 1], on the CPU.

    How the data module prepares black and white gives the scale, channel by channel.
    """
    images = inputs.float().cpu()
    rows = data.splits["train"]
    stored = rows.take(torch.zeros(1, dtype=torch.long, device=rows.device)).inputs
    if stored.dtype == torch.uint8:
        black = data.prepare(torch.zeros_like(stored)).float().cpu()
        white = data.prepare(torch.full_like(stored, 255)).float().cpu()
    else:
        black, white = images.amin(), images.amax()
    images = (images - black) / (white - black).clamp(min=1e-9)
    return (images if images.shape[1] == 3 else images[:, :1]).clamp(0, 1)


class InputsPicture(Display):
    """Writes figures/inputs.png: up to `most` rows of the first training batch with their labels, augmented.

    Does nothing where rows are tokens of a text, or a point on a surface.
    """

    needs = (ResidentDataModule,)

    def __init__(self, most: int = 24) -> None:
        self.most = most

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        data, spec = data_of(trainer), data_of(trainer).spec
        is_resumed = trainer.current_epoch > 0  # the picture exists
        if is_resumed or spec.target not in ("number", "binary", "class"):
            return
        inputs, targets = (part[: self.most] for part in next(iter(data.train_dataloader())))
        targets = targets.argmax(1) if spec.target == "class" and targets.ndim == 2 else targets  # of mixed images
        inputs = as_seen(inputs, data) if inputs.ndim == 4 else inputs.float().cpu()
        targets = spec.target_scale.restored(targets.cpu()) if spec.target == "number" else targets.cpu()
        save_picture(trainer, "train/inputs", partial(inputs_figure, inputs, targets, spec))


class Curves(Display):
    """Writes figures/curves.png from metrics.csv."""

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if are_drawn(trainer):
            _draw(trainer)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        with suppress(OSError):  # one may have ended the run
            _draw(trainer)


def _draw(trainer: Trainer) -> None:
    folder = Path(trainer.default_root_dir)
    draw_curves(read_epochs(folder).renamed().rows, folder / "figures" / "curves.png")
