"""Which runs' pictures are drawn, and where they go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

from lightning.pytorch import Callback, Trainer
from matplotlib.figure import Figure

from lightlab.callbacks.running import callbacks_of
from lightlab.figures.style import save
from lightlab.results import epoch_rows
from lightlab.run_logger import RunLogger
from lightlab.runs import results_of


class Pictures(Callback):
    """Decides whether a run's pictures are drawn, which take as long as a third of a small network's epoch.

    Args:
        wanted: ``all``, ``none``, or ``auto``: those of a single run; in a sweep those of a run that is the best yet.
        monitor: name and mode of the metric that says which is better.
    """

    def __init__(self, wanted: str, monitor: dict[str, str]) -> None:
        self.wanted = wanted
        self.metric, self.better = monitor["name"], max if monitor["mode"] == "max" else min

    def are_drawn(self, run: Path) -> bool:
        in_a_sweep = (run.parent / "multirun.yaml").is_file()
        if self.wanted != "auto" or not in_a_sweep:
            return self.wanted != "none"
        others = list(self._of_others(run))
        own = [row[self.metric] for row in epoch_rows(run) if math.isfinite(row.get(self.metric, math.nan))]
        return not others or (bool(own) and self.better(own + others) != self.better(others))

    def _of_others(self, run: Path) -> Iterator[float]:
        for path in run.parent.glob("*/metrics.json"):
            value = (results_of(path.parent) or {}).get(self.metric)
            if path.parent != run and value is not None:
                yield value


def are_drawn(trainer: Trainer) -> bool:
    """Whether pictures of this run are wanted."""
    decides = (each for each in callbacks_of(trainer) if isinstance(each, Pictures))
    return all(each.are_drawn(Path(trainer.default_root_dir)) for each in decides)


def keep_picture(trainer: Trainer, tag: str, draw: Callable[[], Figure]) -> None:
    """Draws into figures/, if pictures are wanted, under the last part of `tag`, and shows it in TensorBoard."""
    if not are_drawn(trainer):
        return
    path = Path(trainer.default_root_dir) / "figures" / f"{tag.rpartition('/')[2]}.png"
    save(draw(), path)
    for logger in trainer.loggers:
        if isinstance(logger, RunLogger):
            logger.add_picture(tag, path, trainer.global_step)
