"""Runs train.py and prints where its time went: python -m benchmarks.traced task=linear_regression."""

from __future__ import annotations

import builtins
import runpy
import sys
from typing import Any

import hydra  # noqa: F401  as train.py does at its top

import lightlab.cli.arguments
from benchmarks.clock import CLOCK, EPOCH_ENDS
from benchmarks.commands import ROOT

_import = builtins.__import__


def _timed_import(name: str, *rest: Any) -> Any:
    """Times the import of what trains, which train.py does when the command line has been found to be right."""
    if name != "lightlab.training.fit":
        return _import(name, *rest)
    builtins.__import__ = _import
    CLOCK.mark("Hydra composes and makes the folder")
    import torch  # noqa: F401

    CLOCK.mark("import torch")
    import lightning.pytorch

    CLOCK.mark("import Lightning")
    module = _import(name, *rest)
    CLOCK.mark("import the rest")
    CLOCK.charge(module, "train", "test, records and results", before="import the rest")
    trainer = lightning.pytorch.Trainer
    CLOCK.charge(trainer, "fit", "fit ends: curves", before="data, network, Trainer")
    CLOCK.charge(module.AtomicCheckpointIO, "save_checkpoint", "epoch ends, checkpoint files", before=EPOCH_ENDS)
    return module


def main() -> None:
    CLOCK.mark("Python, import Hydra")
    CLOCK.charge(lightlab.cli.arguments, "prepare", "the command line is checked", before="Python, import Hydra")
    builtins.__import__ = _timed_import  # type: ignore[assignment]
    sys.argv = ["train.py", *sys.argv[1:], "+callbacks.benchmark._target_=benchmarks.stages.Stages"]
    runpy.run_path(str(ROOT / "train.py"), run_name="__main__")
    for stage, seconds in CLOCK.stages.items():
        print(f"stage {stage}: {seconds:.6f}", flush=True)


if __name__ == "__main__":
    main()
