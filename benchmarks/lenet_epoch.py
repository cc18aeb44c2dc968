"""One epoch of LeNet on Fashion-MNIST: 57,000 rows to train on, N 256, SGD 0.9, 3,000 validation rows judged."""

from __future__ import annotations

from pathlib import Path

from benchmarks.commands import ROOT, alternate
from benchmarks.options import Options
from benchmarks.tables import Timing, comparison

RAW, UNIT = "plain, 0–255", "plain, 0–1"


def measure(options: Options) -> str:
    epochs = 2 if options.quick else 5  # the first one warms up
    plain: list[str | Path] = [ROOT / "benchmarks/plain/lenet.py", "--data-dir", options.data_dir]
    plain += ["--validation", "3000", "--epochs", str(epochs)]
    ours = ["-m", "benchmarks.timed_epochs", "task=fashion_lenet", "optimizer=sgd", "scheduler=none"]
    ours += [f"data_dir={options.data_dir}", "data.source=files", f"trainer.max_epochs={epochs}"]
    contenders: dict[str, list[str | Path]] = {
        RAW: [*plain, "--pixels", "raw"],
        UNIT: [*plain, "--pixels", "unit"],
        "lightlab": [*ours, "trainer.precision=32-true"],
        "lightlab, bf16": [*ours, "trainer.precision=bf16-mixed"],
    }
    results = alternate(contenders, options.rounds or (1 if options.quick else 3), options.threads)
    epochs_of = r"^epoch \d+ .*\bseconds ([\d.]+)  cpu ([\d.]+)"
    timings = {
        name: [Timing(wall, cpu) for run in runs for _, wall, cpu in run.numbers(epochs_of)[1:]]
        for name, runs in results.items()
    }
    return comparison(timings, against=[RAW, UNIT])
