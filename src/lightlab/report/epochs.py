"""Reads metrics.csv, the values of each epoch; tolerates half-written and damaged files."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

Series = dict[int, float]  # epoch, from 1 → value


@dataclass
class Epochs:
    """The contents of metrics.csv.

    Attributes:
        series: one series per metric, and of ``learning_rate`` and ``seconds``; NaN and ±inf are kept.
        notes: what could not be read.
    """

    series: dict[str, Series] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The last epoch of any metric; 0 without one."""
        return max((max(series) for series in self.series.values()), default=0)

    def finite(self, name: str) -> Series:
        """The finite values of a metric."""
        return {epoch: value for epoch, value in self.series.get(name, {}).items() if math.isfinite(value)}


def read_epochs(path: Path) -> Epochs:
    """Reads all whole lines; `notes` of the result name what was left out."""
    epochs = Epochs()
    if not path.is_file():
        return epochs
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return Epochs(notes=["metrics.csv cannot be read"])
    if "\0" in text:
        epochs.notes.append("metrics.csv holds NUL bytes, as a crash leaves them; they are left out")
        text = text.replace("\0", "")
    if text and not text.endswith("\n"):  # a whole line ends with a line break
        epochs.notes.append("metrics.csv ends in the middle of a line, which is left out")
        text = text[: text.rfind("\n") + 1]
    header, *rows = [line.split(",") for line in text.splitlines() if line.strip()] or [["epoch"]]
    if "epoch" not in header:
        epochs.notes.append("metrics.csv has no line that names its columns, so it is left out")
    elif [row for row in rows if not _add_row(epochs.series, header, row)]:
        epochs.notes.append("metrics.csv has damaged lines or cells, which are left out")
    return epochs


def _add_row(series: dict[str, Series], header: list[str], row: list[str]) -> bool:
    """Adds the values of a row to `series`; returns whether all could be read."""
    cells = dict(zip(header, row, strict=False))
    epoch = cells.pop("epoch", "")
    if len(row) != len(header) or not re.fullmatch("[0-9]{1,9}", epoch):
        return False
    whole = True
    for name, cell in cells.items():
        try:
            if cell:
                series.setdefault(name, {})[int(epoch)] = float(cell)
        except ValueError:
            whole = False
    return whole
