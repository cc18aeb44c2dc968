"""Marks the stages within training on the process's clock."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback

from benchmarks.clock import CLOCK, EPOCH_ENDS


class Stages(Callback):
    def on_train_start(self, *_: Any) -> None:
        CLOCK.mark("fit begins: logger, graph, summary")

    def on_train_epoch_start(self, *_: Any) -> None:
        CLOCK.mark(EPOCH_ENDS)

    def on_train_batch_end(self, *_: Any) -> None:
        CLOCK.mark("steps")

    def on_validation_start(self, *_: Any) -> None:
        CLOCK.mark(EPOCH_ENDS)

    def on_validation_end(self, *_: Any) -> None:
        CLOCK.mark("epoch ends, validation")

    def on_train_end(self, *_: Any) -> None:
        CLOCK.mark(EPOCH_ENDS)
