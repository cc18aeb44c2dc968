"""Says what compiling cost."""

from __future__ import annotations

import time
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer


class FirstStep(Callback):
    """Times the first step, in which torch.compile works, and the second one beside it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._started = 0.0

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        self._started = time.perf_counter()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if len(self.seconds) == 2:
            return
        float(outputs["loss"])  # waits for the device
        self.seconds.append(time.perf_counter() - self._started)
        if len(self.seconds) == 2:
            first, second = self.seconds
            print(f"compiled: the first step took {first:.1f} s, the second {second:.3g} s", flush=True)
