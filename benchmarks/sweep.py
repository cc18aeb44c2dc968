"""Sweeps as whole commands: what they cost beside training alone, and what jobs side by side save."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.commands import alternate, run
from benchmarks.options import Options
from benchmarks.tables import Timing, comparison, table


def measure(options: Options) -> str:
    return "\n\n".join([cost_beside_training(options), side_by_side(options)])


def cost_beside_training(options: Options) -> str:
    """20 jobs of two epochs: the whole command's time over the jobs' own.

    A job's own is what its metrics.json gives as seconds: from the first batch to the last epoch's end, validation
    and checkpoints included; start-up, composition, reading, testing, pictures and the report are not.
    """
    jobs, epochs = (2, 1) if options.quick else (20, 2)
    with TemporaryDirectory() as folder:
        name = f"{jobs} jobs of {epochs} epochs"
        rounds = alternate({name: _sweep(Path(folder), jobs, epochs, options)}, options.rounds or 1, options.threads)
        ran = [_seconds(path) for path in sorted(Path(folder).iterdir())]
    walls = [finished.timing.wall for finished in rounds[name]]
    rows = [
        [name, str(options.threads), f"{wall:.1f}", f"{sum(own):.1f}", f"{wall / sum(own):.2f}"]
        for wall, own in zip(walls, ran, strict=True)
    ]
    return table(["", "threads", "whole command, s", "training, s", "ratio"], rows)


def side_by_side(options: Options) -> str:
    """Eight jobs of three epochs: one after the other, and as many at a time as there are threads."""
    jobs, epochs = (2, 1) if options.quick else (8, 3)
    beside = f"{options.threads} at a time, one thread each"
    after = {f"one after the other, {threads} threads": threads for threads in (options.threads, 1)}
    timings: dict[str, list[Timing]] = {name: [] for name in (*after, beside)}
    with TemporaryDirectory() as folder:
        command = _sweep(Path(folder), jobs, epochs, options)
        parallel = [*command, "hydra/launcher=joblib", f"hydra.launcher.n_jobs={options.threads}"]
        for _ in range(options.rounds or 1):
            timings[beside].append(run(parallel, options.threads).timing)
            for name, threads in after.items():
                timings[name].append(run(command, threads).timing)
    return comparison(timings, against=[beside])


def _sweep(folder: Path, jobs: int, epochs: int, options: Options) -> list[str | Path]:
    seeds = ",".join(map(str, range(jobs)))
    recipe = ["task=fashion_lenet", f"trainer.max_epochs={epochs}", f"seed={seeds}", f"data_dir={options.data_dir}"]
    return ["train.py", "-m", *recipe, f"hydra.sweep.dir={folder}/" + "${now:%H-%M-%S-%f}"]


def _seconds(sweep: Path) -> list[float]:
    return [json.loads(path.read_text())["seconds"] for path in sweep.glob("*/metrics.json")]
