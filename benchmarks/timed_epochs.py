"""Trains as `python train.py` does, in this process, and prints what each epoch took, validation and files included.

python -m benchmarks.timed_epochs task=fashion_lenet optimizer=sgd
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lightning.pytorch import Callback

from benchmarks.commands import ROOT
from lightlab.config.composition import Groups, composed


class EpochTimes(Callback):
    """From the start of each epoch to the start of the next, or to the end of training."""

    def __init__(self) -> None:
        self.stamps: list[tuple[float, float]] = []

    def on_train_epoch_start(self, *_: Any) -> None:
        self.stamps.append((time.perf_counter(), time.process_time()))

    def on_train_end(self, *_: Any) -> None:
        self.stamps.append((time.perf_counter(), time.process_time()))
        for epoch, (start, end) in enumerate(zip(self.stamps, self.stamps[1:], strict=False)):
            wall, cpu = end[0] - start[0], end[1] - start[1]
            print(f"epoch {epoch + 1}  seconds {wall:.3f}  cpu {cpu:.3f}", flush=True)


def config_with(callback: str, overrides: list[str]) -> dict[str, Any]:
    """The config that the command line gives, and one more callback, by its address."""
    config = composed(overrides, Groups([ROOT / "conf"]))
    config["callbacks"]["benchmark"] = {"_target_": callback}
    return config


def main() -> None:
    from lightlab.training.fit import train

    with TemporaryDirectory() as folder:
        train(config_with("benchmarks.timed_epochs.EpochTimes", sys.argv[1:]), Path(folder))


if __name__ == "__main__":
    main()
