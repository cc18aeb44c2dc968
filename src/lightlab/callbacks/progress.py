"""Shows how far training is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import RichProgressBar

from lightlab.callbacks.looking import Looking


def progress(refresh_rate: int = 10, seconds_between_lines: float = 0.1) -> Callback:
    """A rich bar where stdout is a terminal, else `PlainProgress`."""
    if sys.stdout.isatty():
        return RichProgressBar(refresh_rate=refresh_rate)
    return PlainProgress(seconds_between_lines)


class PlainProgress(Looking):
    """One line an epoch; where epochs take no time, at most one every `seconds_between`, and the last."""

    def __init__(self, seconds_between: float = 0.1) -> None:
        self.seconds_between = seconds_between
        self._shown = self._started = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        now = time.perf_counter()
        epoch = trainer.current_epoch + 1
        last = epoch == trainer.max_epochs
        if not last and now - self._shown < self.seconds_between:
            return
        self._shown = now
        losses_and_scores = trainer.progress_bar_metrics.items()  # of which the last validation's may be epochs old
        metrics = "  ".join(f"{name} {value:.4g}" for name, value in losses_and_scores)
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        print(f"epoch {epoch}/{trainer.max_epochs}  {metrics}  lr {rate:.3g}  {now - self._started:.1f} s", flush=True)
