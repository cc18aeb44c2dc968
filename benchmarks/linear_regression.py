"""A line through 100 points, 10,000 steps of N 10: whole commands, and where the time of ours goes."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.commands import ROOT, Finished, alternate
from benchmarks.options import Options
from benchmarks.tables import comparison, table

PLAIN, OURS, TRACED = "plain", "train.py task=linear_regression", "traced"
STEPS, EPOCHS = 10_000, 1_000


def measure(options: Options) -> str:
    rounds = options.rounds or (1 if options.quick else 5)
    with TemporaryDirectory() as folder:
        results = alternate(_contenders(Path(folder)), rounds, options.threads)
    traced = results.pop(TRACED)
    timings = {name: [run.timing for run in runs] for name, runs in results.items()}
    return comparison(timings, against=[PLAIN]) + "\n\n" + _breakdown(traced)


def _contenders(folder: Path) -> dict[str, list[str | Path]]:
    ours: list[str | Path] = ["task=linear_regression", f"hydra.run.dir={folder}/" + "${now:%H-%M-%S-%f}"]
    return {
        PLAIN: [ROOT / "benchmarks/plain/linear_regression.py"],
        OURS: ["train.py", *ours],
        TRACED: ["-m", "benchmarks.traced", *ours],
    }


def _breakdown(runs: list[Finished]) -> str:
    stages = [dict(re.findall(r"^stage (.*): ([\d.]+)$", run.text, re.MULTILINE)) for run in runs]
    seconds = {name: median(float(each[name]) for each in stages) for name in stages[0]}
    seconds["the process ends"] = median(run.timing.wall for run in runs) - sum(seconds.values())
    rows = [[name, f"{spent:.2f}", _each(name, spent)] for name, spent in seconds.items()]
    return table(["stage (median)", "s", ""], [*rows, ["sum", f"{sum(seconds.values()):.2f}", ""]])


def _each(name: str, spent: float) -> str:
    if name == "steps":
        return f"{1000 * spent / STEPS:.3f} ms a step"
    return f"{1000 * spent / EPOCHS:.3f} ms an epoch" if name.startswith("epoch ends") else ""
