"""House prices, 200 epochs of N 64, as whole commands: the course's script, the same by lightlab, and our recipe."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.commands import ROOT, alternate
from benchmarks.options import Options
from benchmarks.tables import comparison

PLAIN = "plain"


def measure(options: Options) -> str:
    rounds = options.rounds or (1 if options.quick else 3)
    with TemporaryDirectory() as folder:
        results = alternate(_contenders(Path(folder), options), rounds, options.threads)
    return comparison({name: [run.timing for run in runs] for name, runs in results.items()}, against=[PLAIN])


def _contenders(folder: Path, options: Options) -> dict[str, list[str | Path]]:
    where = [f"data_dir={options.data_dir}", f"hydra.run.dir={folder}/" + "${now:%H-%M-%S-%f}"]
    plain: list[str | Path] = [ROOT / "benchmarks/plain/house_prices.py", "--data-dir", options.data_dir]
    return {
        PLAIN: [*plain, "--epochs", "5"] if options.quick else plain,
        **{
            f"train.py task={task}": ["train.py", f"task={task}", *where, *(["trainer.max_epochs=5"] * options.quick)]
            for task in ("house_prices_course", "house_prices")
        },
    }
