"""The epochs of a run, from a metrics.csv that may be half-written."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

Series = dict[int, float]  # epoch, from 1 → value


@dataclass
class Epochs:
    """What metrics.csv holds.

    Attributes:
        series: of each metric, and of ``learning_rate`` and ``seconds``; values that are no numbers are NaN or ±inf.
        remarks: what of the file could not be read.
    """

    series: dict[str, Series] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The last epoch of any metric; 0 where there is none."""
        return max((max(series) for series in self.series.values()), default=0)


def read_epochs(path: Path) -> Epochs:
    """Reads what is whole: a line that a crash has cut is left out, and said."""
    epochs = Epochs()
    if not path.is_file():
        return epochs
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        epochs.remarks.append("metrics.csv cannot be read")
        return epochs
    if "\0" in text:
        epochs.remarks.append("metrics.csv holds NUL bytes, as a crash leaves them; they are left out")
        text = text.replace("\0", "")
    if text and not text.endswith("\n"):  # every line is written with its end: this one is not whole
        epochs.remarks.append("metrics.csv ends in the middle of a line, which is left out")
        text = text[: text.rfind("\n") + 1]
    _parse(text, epochs)
    return epochs


def _parse(text: str, epochs: Epochs) -> None:
    rows = [line.rstrip("\r").split(",") for line in text.split("\n") if line.strip()]
    if not rows:
        return
    header, *rows = rows
    if "epoch" not in header:
        epochs.remarks.append("metrics.csv has no line that names its columns, so it is left out")
        return
    damaged = 0
    for row in rows:
        cells = dict(zip(header, row, strict=False))
        epoch = cells.pop("epoch", "")
        if len(row) != len(header) or not (epoch.isascii() and epoch.isdigit() and len(epoch) < 10):
            damaged += 1
            continue
        damaged += _keep(epochs.series, int(epoch), cells)
    if damaged:
        epochs.remarks.append("metrics.csv has damaged lines or cells, which are left out")


def _keep(series: dict[str, Series], epoch: int, cells: dict[str, str]) -> bool:
    """Takes the cells of one row; whether any of them is damaged."""
    damaged = False
    for name, cell in cells.items():
        if cell:
            try:
                series.setdefault(name, {})[epoch] = float(cell)
            except ValueError:
                damaged = True
    return damaged


def finite(series: Series) -> Series:
    return {epoch: value for epoch, value in series.items() if math.isfinite(value)}
