"""Trains as `python train.py` does, in this process, with a callback that measures.

python -m benchmarks.training EpochTimes task=fashion_lenet optimizer=sgd
python -m benchmarks.training StepTimes task=digits_mlp layers=scratch
"""

import contextlib
import io
import sys
import time
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from benchmarks.measuring import compose
from lightlab.callbacks.base import data_of
from lightlab.data.loader import ResidentLoader


class EpochTimes(Callback):
    """Prints the time of each epoch: from its start to the next one's, or to the end of training."""

    def __init__(self) -> None:
        self.stamps: list[tuple[float, float]] = []

    def on_train_epoch_start(self, *_: Any) -> None:
        self.stamps.append(_now())

    def on_train_end(self, *_: Any) -> None:
        self.stamps.append(_now())
        for epoch, (start, end) in enumerate(pairwise(self.stamps), start=1):
            wall, cpu = end[0] - start[0], end[1] - start[1]
            print(f"epoch {epoch}  seconds {wall:.3f}  cpu {cpu:.3f}", flush=True)


class StepTimes(Callback):
    """Prints the milliseconds of a step in each epoch, without validation and files."""

    def on_train_epoch_start(self, *_: Any) -> None:
        self.start = _now()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.is_last_batch:
            steps = batch_idx + 1
            wall, cpu = (1000 * (now - then) / steps for now, then in zip(_now(), self.start, strict=True))
            print(f"epoch {trainer.current_epoch + 1}  step {wall:.4f}  cpu {cpu:.4f}", flush=True)


class PhaseTimes(Callback):
    """Adds ``microseconds/step`` and ``microseconds/epoch_end`` to the results.

    Both are processor time of the thread that trains, which other programs disturb less than wall-clock time; waiting
    for a disk is not in it.
    """

    def __init__(self) -> None:
        self.seconds = {"": 0.0, "step": 0.0, "epoch_end": 0.0}
        self.phase, self.since, self.steps, self.epochs = "", 0.0, 0, 0
        self.results: dict[str, float] = {}

    def on_train_epoch_start(self, *_: Any) -> None:
        self._enter("step")

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.steps += 1
        if trainer.is_last_batch:
            self.epochs += 1
            self._enter("epoch_end")

    def on_train_end(self, *_: Any) -> None:
        self._enter("")
        self.results["microseconds/step"] = 1e6 * self.seconds["step"] / self.steps
        self.results["microseconds/epoch_end"] = 1e6 * self.seconds["epoch_end"] / self.epochs

    def _enter(self, phase: str) -> None:
        now = time.thread_time()
        self.seconds[self.phase] += now - self.since
        self.phase, self.since = phase, now


class FirstAndLastLoss(Callback):
    """Adds ``loss/first`` and ``loss/last`` to the results, both on the same training rows.

    Augmentation and dropout are off.

    Args:
        rows: about so many training rows, in whole batches.
    """

    def __init__(self, rows: int = 512) -> None:
        self.rows = rows
        self.results: dict[str, float] = {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.results["loss/first"] = self._loss(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.results["loss/last"] = self._loss(trainer, pl_module)

    @torch.no_grad()
    def _loss(self, trainer: Trainer, module: Any) -> float:
        data = data_of(trainer)
        split = data.splits["train"]
        order = data.order(split, data.batch_size, shuffle=data.shuffle)  # of the first epoch
        loader = ResidentLoader(split, data.batch_size, order, data.prepare)
        state = torch.random.get_rng_state()
        torch.manual_seed(0)  # noise words are drawn alike both times
        module.eval()
        with trainer.precision_plugin.val_step_context():
            for batch in islice(loader, max(1, self.rows // data.batch_size)):
                module.validation_step(trainer.precision_plugin.convert_input(batch), 0)
        module.train()
        torch.random.set_rng_state(state)
        loss = float(module.val_loss.compute())
        module.val_loss.reset()
        module.val_metrics.reset()
        return loss


def measured_by(callback: str) -> dict[str, Any]:
    """Returns the config of one of the callbacks above."""
    return {"_target_": f"benchmarks.training.{callback}"}


def train_quietly(config: dict[str, Any]) -> dict[str, Any]:
    """Trains in a folder of its own, prints nothing and returns the results."""
    from lightlab.training.fit import train

    with (
        TemporaryDirectory() as folder,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        return train(config, Path(folder))


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def main() -> None:
    from lightlab.training.fit import train

    name, *overrides = sys.argv[1:]
    config = compose(overrides)
    config["callbacks"]["benchmark"] = measured_by(name)
    with TemporaryDirectory() as folder:
        train(config, Path(folder))


if __name__ == "__main__":
    main()
