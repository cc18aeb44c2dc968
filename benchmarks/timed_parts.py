"""Trains in this process with a stopwatch on every part: python -m benchmarks.timed_parts task=linear_regression.

A part's time is its own: without what it calls that has a stopwatch too. It is processor time of the thread that
trains, which other programs disturb less than the wall's clock; waiting for a disk is not in it.
"""

from __future__ import annotations

import functools
import sys
import time
from collections import defaultdict
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.trainer import call

from benchmarks.tables import table
from benchmarks.timed_epochs import config_with
from lightlab.callbacks.base import callbacks_of, data_of
from lightlab.data.loader import Split

STEP, EPOCH = "step", "epoch"
OWN: dict[tuple[str, str], float] = defaultdict(float)  # seconds by (phase, part)
COUNT: dict[str, int] = defaultdict(int)  # steps and epochs


class Stopwatches(Callback):
    """Puts them on when fit begins, and says which phase it is: a step, or an epoch's end."""

    def __init__(self) -> None:
        self.phase = ""
        self.inside = 0.0  # seconds of the parts within the one that runs
        self.since = 0.0

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if stage == "fit":
            self._watch_all(trainer, pl_module)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        for optimizer in trainer.optimizers:
            self._watch(optimizer, "step", "optimizer")

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._enter(STEP)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if batch_idx + 1 == trainer.num_training_batches:
            self._enter(EPOCH)
        COUNT[STEP] += 1

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._enter("")

    def _enter(self, phase: str) -> None:
        now = time.thread_time()
        OWN[self.phase, "all"] += now - self.since
        COUNT[EPOCH] += self.phase == EPOCH
        self.phase, self.since = phase, now

    def _watch_all(self, trainer: Trainer, module: LightningModule) -> None:
        for callback in callbacks_of(trainer):
            for hook in vars(Callback):
                if hook.startswith("on_") and callback is not self and _defines(callback, hook):
                    self._watch(callback, hook, f"callback {type(callback).__name__}")
        for name, part in {"training_step": "forward and loss", "backward": "backward", "log": "self.log"}.items():
            self._watch(module, name, part)
        for name in ("validation_step", "on_validation_epoch_end"):
            self._watch(module, name, "module: validation")
        self._watch(module, "end_train_epoch", "module: end of epoch")
        self._watch(data_of(trainer), "prepare", "loader: prepare")
        self._watch(Split, "take", "loader: index")
        self._watch(trainer.strategy.checkpoint_io, "save_checkpoint", "checkpoint: file")
        self._watch(trainer._checkpoint_connector, "dump_checkpoint", "checkpoint: contents")
        self._watch(call, "_call_callback_hooks", "Lightning: from hook to callbacks")
        self._watch(call, "_call_lightning_module_hook", "Lightning: from hook to module")
        self._watch(call, "_call_strategy_hook", "Lightning: from hook to strategy")
        for logger in trainer.loggers:
            self._watch(logger, "log_metrics", "logger: scalars")

    def _watch(self, owner: Any, name: str, part: str) -> None:
        function = getattr(owner, name)

        @functools.wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            started, phase = time.thread_time(), self.phase
            outer, self.inside = self.inside, 0.0
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.thread_time() - started
                OWN[phase, part] += spent - self.inside
                self.inside = outer + spent

        setattr(owner, name, watched)


def _defines(callback: Callback, hook: str) -> bool:
    return getattr(type(callback), hook) is not getattr(Callback, hook)


def _table() -> str:
    microseconds = {key: 1e6 * seconds / COUNT[key[0]] for key, seconds in OWN.items() if key[0]}
    totals = {phase: microseconds.pop((phase, "all")) for phase in (STEP, EPOCH)}
    for phase, total in totals.items():
        known = sum(spent for (where, _), spent in microseconds.items() if where == phase)
        microseconds[phase, "the rest: Lightning's loops"] = total - known
    parts = {part for _, part in microseconds}
    rows = {part: [microseconds.get((phase, part), 0.0) for phase in totals] for part in parts}
    in_order = sorted(rows, key=lambda part: -(10 * rows[part][0] + rows[part][1]))  # ten steps an epoch
    rows["all"] = list(totals.values())
    cells = [[part, *(f"{number:.1f}" for number in rows[part])] for part in ["all", *in_order]]
    return table(["part, its own time", "µs a step", "µs an epoch's end"], cells)


def main() -> None:
    from lightlab.training.fit import train

    with TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        train(config_with("benchmarks.timed_parts.Stopwatches", sys.argv[1:]), Path(folder))
    from benchmarks import timed_parts  # the callback's module; this one is __main__

    print(timed_parts._table())


if __name__ == "__main__":
    main()
