"""The trajectory of a descent, in memory and as trajectory.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from lightlab.files import whole_file

_COLUMNS = ("step", "x", "y", "f", "learning_rate")


@dataclass
class Trajectory:
    """Columns of one length: the point after `steps` steps, its height, and the learning rate of the next step."""

    steps: list[int] = field(default_factory=list)
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)

    def add(self, step: int, x: float, y: float, height: float, learning_rate: float) -> None:
        for column, value in zip(self.columns(), (step, x, y, height, learning_rate), strict=True):
            column.append(value)

    def columns(self) -> tuple[list, ...]:
        return self.steps, self.x, self.y, self.heights, self.learning_rates

    def write(self, path: Path) -> None:
        with whole_file(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_COLUMNS)
            writer.writerows(
                [step, *(f"{value:.8g}" for value in row)] for step, *row in zip(*self.columns(), strict=True)
            )

    @classmethod
    def read(cls, path: Path) -> Trajectory:
        trajectory = cls()
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                step, *values = (row[name] for name in _COLUMNS)
                trajectory.add(int(step), *map(float, values))
        return trajectory
