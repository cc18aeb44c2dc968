"""LeNet on Fashion-MNIST, whole commands: wall clock, start-up included; peak memory; the score."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.commands import ROOT, Finished, alternate
from benchmarks.options import Options
from benchmarks.tables import comparison, table

PLAIN = "plain, 0–255"
PLAIN_SCORE, OUR_SCORE, OUR_TEST = (
    r"^epoch .* accuracy ([\d.]+)",
    r"^epoch .* accuracy/val ([\d.]+)",
    r"^accuracy .* ([\d.]+)$",
)


def measure(options: Options) -> str:
    epochs = 2 if options.quick else 20
    rounds = options.rounds or 1
    with TemporaryDirectory() as folder:
        results = alternate(_contenders(options, epochs, Path(folder)), rounds, options.threads)
    timings = {name: [run.timing for run in runs] for name, runs in results.items()}
    return f"{epochs} epochs\n\n" + comparison(timings, against=[PLAIN]) + "\n\n" + _details(results)


def _contenders(options: Options, epochs: int, folder: Path) -> dict[str, list[str | Path]]:
    ours = [f"data_dir={options.data_dir}", "data.source=files", f"trainer.max_epochs={epochs}"]
    ours += ["hydra.run.dir=" + str(folder) + "/${name}/${now:%H-%M-%S-%f}"]
    return {
        PLAIN: [
            *(ROOT / "benchmarks/plain/lenet.py", "--data-dir", options.data_dir),
            *("--pixels", "raw", "--epochs", str(epochs)),
        ],
        "task=fashion_lenet_course": ["train.py", "task=fashion_lenet_course", *ours],
        "task=fashion_lenet optimizer=adam": ["train.py", "task=fashion_lenet", "optimizer=adam", *ours],
    }


def _details(results: dict[str, list[Finished]]) -> str:
    peak = median(run.peak for run in results[PLAIN])
    goal = max(score for _, score in results[PLAIN][0].numbers(PLAIN_SCORE))
    rows = []
    for name, runs in results.items():
        scores = runs[0].numbers(PLAIN_SCORE if name == PLAIN else OUR_SCORE)
        tests = scores if name == PLAIN else runs[0].numbers(OUR_TEST)
        reached = next((f"{seconds:.0f}" for seconds, score in scores if score >= goal), "never")
        ours = median(run.peak for run in runs)
        rows.append([name, f"{ours:.0f}", f"{ours / peak:.2f}", f"{tests[-1][1]:.4f}", reached])
    return table(["", "peak MiB", f"÷ {PLAIN}", "test accuracy", f"s to {goal:.4f}"], rows) + (
        f"\n\n{goal:.4f} is the plain script's best epoch on the test rows; ours are held to it on validation rows."
    )
