"""The records that a run leaves: metrics.json, metrics.csv as it is read again, environment.json."""

import csv
import json
import math
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lightlab.errors import DataError
from lightlab.files import write_text
from lightlab.runs.records import LARGEST_TABLE, read_text

_PACKAGES = ("lightlab-dl", "torch", "lightning", "hydra-core", "torchmetrics", "numpy", "pandas", "scikit-learn")


def write_json(path: Path, contents: dict[str, Any]) -> None:
    """Writes `contents`, with null for NaN and infinity: JSON has neither."""
    finite = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in contents.items()
    }
    write_text(path, json.dumps(finite, indent=2, ensure_ascii=False) + "\n")


def metric_name(name: str) -> str:
    """Returns a metric's name as ``loss/val``, also where a module logs it as ``val_loss`` or ``val/loss``."""
    match = re.fullmatch(r"(train|val|test)(?:id|idation)?[_/.-](.+)", name)
    return f"{match[2]}/{match[1]}" if match else name


def by_metric_name(results: Mapping[str, Any]) -> dict[str, Any]:
    """Returns results by `metric_name`; notes such as ``test_rows``, which are no numbers, keep theirs."""
    return {metric_name(name) if isinstance(value, int | float) else name: value for name, value in results.items()}


Series = dict[int, float]  # epoch, from 1 → value


@dataclass
class Epochs:
    """The contents of metrics.csv.

    Attributes:
        rows: the numbers of each epoch by column, empty cells left out; NaN and ±inf are kept.
        cells: the same rows as text.
        notes: what could not be read.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    cells: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def renamed(self) -> "Epochs":
        """Returns the same numbers, with every metric's name as `metric_name` gives it."""
        rows = [{metric_name(name): value for name, value in row.items()} for row in self.rows]
        return Epochs(rows, self.cells, self.notes)

    @cached_property
    def series(self) -> dict[str, Series]:
        """One series per metric, and of ``learning_rate``, ``step`` and ``seconds``."""
        series: dict[str, Series] = {}
        for row in self.rows:
            epoch = int(row["epoch"])
            for name, value in row.items():
                if name != "epoch":
                    series.setdefault(name, {})[epoch] = value
        return series

    @property
    def last(self) -> int:
        """The last epoch of any metric; 0 without one."""
        return max((max(series) for series in self.series.values()), default=0)

    def finite(self, name: str) -> Series:
        """The finite values of a metric."""
        return {epoch: value for epoch, value in self.series.get(name, {}).items() if math.isfinite(value)}


def read_epochs(folder: Path) -> Epochs:
    """Reads all whole lines of a run's metrics.csv; `notes` of the result name what was left out."""
    epochs = Epochs()
    if not os.path.lexists(folder / "metrics.csv"):
        return epochs
    try:
        text = read_text(folder / "metrics.csv", LARGEST_TABLE, errors="replace").removeprefix("\ufeff")
    except DataError:
        return Epochs(notes=["metrics.csv cannot be read"])
    if "\0" in text:
        epochs.notes.append("metrics.csv holds NUL bytes, as a crash leaves them; they are left out")
        text = text.replace("\0", "")
    if text and not text.endswith("\n"):  # a whole line ends with a line break
        epochs.notes.append("metrics.csv ends in the middle of a line, which is left out")
        text = text[: text.rfind("\n") + 1]
    reader = csv.DictReader(text.splitlines())
    try:
        if "epoch" not in (reader.fieldnames or ["epoch"]):
            epochs.notes.append("metrics.csv has no line that names its columns, so it is left out")
        elif [row for row in reader if not _add_row(epochs, row)]:
            epochs.notes.append("metrics.csv has damaged lines or cells, which are left out")
    except csv.Error:
        epochs.notes.append("metrics.csv has damaged lines or cells, which are left out")
    return epochs


def _add_row(epochs: Epochs, row: dict[str, str]) -> bool:
    """Adds the cells of a row; returns whether all could be read."""
    if None in row or None in row.values() or not re.fullmatch("[0-9]{1,9}", row["epoch"]):
        return False
    cells, numbers = dict(row), {}
    for name, cell in row.items():
        try:
            if cell:
                numbers[name] = float(cell)
        except ValueError:
            del cells[name]
    epochs.rows.append(numbers)
    epochs.cells.append(cells)
    return len(cells) == len(row)


def epoch_row(folder: Path, epoch: int | None = None) -> dict[str, float]:
    """Returns the metrics of an epoch (from 1; None for the last) in metrics.csv; empty where it has none."""
    rows = [row for row in read_epochs(folder).rows if epoch is None or row["epoch"] == epoch]
    return rows[-1] if rows else {}


def describe_environment(device: str, kept_pages: bool) -> dict[str, Any]:
    """Returns versions, commit, device and start time, in plain containers.

    Args:
        kept_pages: whether the allocator keeps freed pages.
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
