"""The results of a run: metrics.json, environment.json, and the summary on the terminal."""

from __future__ import annotations

import csv
import json
import math
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from lightlab.files import whole_file
from lightlab.runs.folder import ROOTS

STAGES = ("train", "val", "test")


def write_json(path: Path, contents: dict[str, Any]) -> None:
    """Writes the file whole or not at all."""
    with whole_file(path) as unfinished:
        unfinished.write_text(json.dumps(_plain(contents), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _plain(contents: dict[str, Any]) -> dict[str, Any]:
    """NaN and infinity as null: JSON has no others."""
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in contents.items()
    }


def epoch_row(folder: Path, epoch: int | None = None) -> dict[str, float]:
    """The metrics of an epoch (from 1; None for the last) as metrics.csv has them; empty where it has none."""
    wanted = [row for row in epoch_rows(folder) if epoch is None or row["epoch"] == epoch]
    return wanted[-1] if wanted else {}


def epoch_rows(folder: Path) -> list[dict[str, float]]:
    """The metrics of every epoch, as metrics.csv has them; none where there is no such file."""
    path = folder / "metrics.csv"
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(cell) for name, cell in row.items() if cell} for row in csv.DictReader(file)]


def results_table(results: dict[str, Any]) -> str:
    """One line a metric, one column a split; then whatever belongs to no split, but nothing of single classes."""
    names = dict.fromkeys(name.partition("/")[0] for name in results if name.partition("/")[2] in STAGES)
    lines = [f"{'':14}" + "".join(f"{stage:>12}" for stage in STAGES)]
    for name in names:
        cells = (results.get(f"{name}/{stage}") for stage in STAGES)
        lines.append(f"{name:14}" + "".join(f"{'' if cell is None else format(cell, '.4g'):>12}" for cell in cells))
    # One of each class is for metrics.json and for figures/classes.png.
    others = {
        name: value for name, value in results.items() if name.count("/") == 1 and name.split("/")[1] not in STAGES
    }
    lines += [f"{name:32}{value:>12.4g}" for name, value in others.items()]
    return "\n".join(lines)


def run_summary(
    results: dict[str, Any], folder: Path, asked: str, extendable: bool, findings: Sequence[str] = ()
) -> str:
    """The results, what callbacks have found, and the commands to go on with."""
    quoted = shlex.quote(str(folder))
    title = f"{results['name']} · {results['data']} data · {results['epochs']} epochs in {results['seconds']:.1f} s"
    further = f"python train.py resume={quoted} trainer.max_epochs={2 * results['epochs']}"
    anew = f"python train.py task={results['name']} init_from={quoted}"
    return "\n".join(
        [
            "",
            f"{title} · best epoch {results['best_epoch']}",
            results_table(results),
            *(f"\n{words}" for words in findings),
            "",
            f"run folder   {folder}",
            f"predict      python predict.py run={quoted} {asked}",
            f"watch        python -m lightlab board{'' if folder.parts[0] in ROOTS else f' {quoted}'}",
            f"train on     {further if extendable else anew}",
        ]
    )


_PACKAGES = ("lightlab-dl", "torch", "lightning", "hydra-core", "torchmetrics", "numpy", "pandas", "scikit-learn")


def describe_environment(device: str, kept_pages: bool) -> dict[str, Any]:
    """Versions, commit, device and start time, in plain containers.

    Args:
        kept_pages: whether the allocator was told to keep freed pages.
    """
    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "command": sys.argv,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "commit": _commit(),
        "device": device,
        "threads": torch.get_num_threads(),
        "keep_pages": kept_pages,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the source, with ``-dirty`` if files differ from it; None outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
