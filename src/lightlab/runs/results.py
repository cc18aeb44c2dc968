"""The records that a run leaves: metrics.json, metrics.csv as it is read again, environment.json."""

from __future__ import annotations

import csv
import json
import math
import platform
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lightlab.files import whole_file

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
