"""Where the pictures of a run go."""

from __future__ import annotations

from pathlib import Path

from lightning.pytorch import Trainer
from matplotlib.figure import Figure

from lightlab.figures.style import save
from lightlab.run_logger import RunLogger


def keep_picture(trainer: Trainer, tag: str, figure: Figure) -> None:
    """Writes the figure to figures/, named for the last part of its `tag`, and shows it in TensorBoard."""
    path = Path(trainer.default_root_dir) / "figures" / f"{tag.rpartition('/')[2]}.png"
    save(figure, path)
    for logger in trainer.loggers:
        if isinstance(logger, RunLogger):
            logger.add_picture(tag, path, trainer.global_step)
