"""Trains as `python train.py` does, in this process, and prints what a step took in each epoch.

python -m benchmarks.timed_steps task=digits_mlp layers=scratch
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from benchmarks.timed_epochs import config_with


class StepTimes(Callback):
    """Milliseconds a step, from an epoch's start to its last batch; validation and files are left out."""

    def on_train_epoch_start(self, *_: Any) -> None:
        self.start = time.perf_counter(), time.process_time()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.is_last_batch:
            steps = batch_idx + 1
            wall, cpu = (1000 * (now - then) / steps for now, then in zip(_now(), self.start, strict=True))
            print(f"epoch {trainer.current_epoch + 1}  step {wall:.4f}  cpu {cpu:.4f}", flush=True)


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def main() -> None:
    from lightlab.training.fit import train

    with TemporaryDirectory() as folder:
        train(config_with("benchmarks.timed_steps.StepTimes", sys.argv[1:]), Path(folder))


if __name__ == "__main__":
    main()
