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
from collections.abc import Collection, Sequence
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from pathlib import Path
from typing import Any

from lightlab.files import whole_file
from lightlab.runs.folder import ROOTS

STAGES = ("train", "val", "test")
_PACKAGES = ("lightlab-dl", "torch", "lightning", "hydra-core", "torchmetrics", "numpy", "pandas", "scikit-learn")


def write_json(path: Path, contents: dict[str, Any]) -> None:
    """Writes `contents`, with null for NaN and infinity: JSON has neither."""
    finite = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in contents.items()
    }
    with whole_file(path) as unfinished:
        unfinished.write_text(json.dumps(finite, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def epoch_row(folder: Path, epoch: int | None = None) -> dict[str, float]:
    """Returns the metrics of an epoch (from 1; None for the last) in metrics.csv; empty where it has none."""
    rows = [row for row in epoch_rows(folder) if epoch is None or row["epoch"] == epoch]
    return rows[-1] if rows else {}


def epoch_rows(folder: Path) -> list[dict[str, float]]:
    """Returns the metrics of every epoch in metrics.csv; none where there is no such file."""
    path = folder / "metrics.csv"
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(cell) for name, cell in row.items() if cell} for row in csv.DictReader(file)]


def text_table(rows: Sequence[Sequence[str]], numbers: Collection[int] = ()) -> str:
    """Returns rows as columns two spaces apart; a Chinese character is as wide as two others.

    Args:
        numbers: the columns that are aligned on the right.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for column in range(max(map(len, rows), default=0)):
        table.add_column(justify="right" if column in numbers else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(file=(text := StringIO()), width=10_000, color_system=None)
    console.print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def results_table(results: dict[str, Any]) -> str:
    """Returns a line for each metric with a column for each split, then metrics of no split.

    Metrics of single classes are left to metrics.json and figures/classes.png.
    """
    names = dict.fromkeys(name.partition("/")[0] for name in results if name.partition("/")[2] in STAGES)
    rows = [["", *STAGES]]
    rows += [[name, *(_number(results.get(f"{name}/{stage}")) for stage in STAGES)] for name in names]
    others = [name for name in results if name.count("/") == 1 and name.split("/")[1] not in STAGES]
    tables = [
        text_table(rows, numbers=(1, 2, 3)),
        text_table([[name, _number(results[name])] for name in others], (1,)),
    ]
    return "\n".join(filter(None, tables))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def run_summary(
    results: dict[str, Any], folder: Path, example: str, extendable: bool, notes: Sequence[str] = ()
) -> str:
    """Returns the results, the callbacks' notes, and the commands to go on with.

    Args:
        example: an option of predict.py that fits the data.
        extendable: whether the run can be resumed with more epochs.
    """
    quoted = shlex.quote(str(folder))
    title = f"{results['name']} · {results['data']} data · {results['epochs']} epochs in {results['seconds']:.1f} s"
    further = f"python train.py resume={quoted} trainer.max_epochs={2 * results['epochs']}"
    anew = f"python train.py task={results['name']} init_from={quoted}"
    return "\n".join(
        [
            "",
            f"{title} · best epoch {results['best_epoch']}",
            results_table(results),
            *(f"\n{note}" for note in notes),
            "",
            f"run folder   {folder}",
            f"predict      python predict.py run={quoted} {example}",
            f"watch        python -m lightlab board{'' if folder.parts[0] in ROOTS else f' {quoted}'}",
            f"train on     {further if extendable else anew}",
        ]
    )


def describe_environment(device: str, kept_pages: bool) -> dict[str, Any]:
    """Returns versions, commit, device and start time, in plain containers.

    Args:
        kept_pages: whether the allocator was told to keep freed pages.
    """
    import torch

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
    """Returns the commit of the source, with ``-dirty`` if files differ from it; None outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
