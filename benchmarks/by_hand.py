"""A step of `task=digits_mlp` on PyTorch's layers and optimizer, and on those written out by hand: ms."""

from __future__ import annotations

from benchmarks.commands import alternate
from benchmarks.options import Options
from benchmarks.tables import Timing, comparison

LIBRARY = "PyTorch's layers, optimizer=adam"


def measure(options: Options) -> str:
    epochs = 2 if options.quick else 4  # the first one warms up
    common = ["-m", "benchmarks.timed_steps", "task=digits_mlp", f"trainer.max_epochs={epochs}", "logger=csv"]
    common += [f"data_dir={options.data_dir}"]
    contenders = {
        LIBRARY: [*common, "layers=torch", "optimizer=adam"],
        "layers=scratch": [*common, "layers=scratch", "optimizer=adam"],
        "optimizer=scratch_adam": [*common, "layers=torch", "optimizer=scratch_adam"],
        "both": [*common, "layers=scratch", "optimizer=scratch_adam"],
    }
    results = alternate(contenders, options.rounds or (1 if options.quick else 3), options.threads)
    steps = r"^epoch \d+  step ([\d.]+)  cpu ([\d.]+)"
    timings = {
        name: [Timing(wall, cpu) for run in runs for _, wall, cpu in run.numbers(steps)[1:]]
        for name, runs in results.items()
    }
    return comparison(timings, against=[LIBRARY]).replace("median s", "median ms").replace("CPU s", "CPU ms")
