"""One run, as its folder tells it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from lightlab.report.epochs import Epochs, Series, finite
from lightlab.report.overrides import values

Outcome = Literal["done", "pruned", "failed", "unfinished", "diverged"]


@dataclass
class Run:
    """One run, or one fold of a cross-validation.

    Attributes:
        folder: where it lies.
        outcome: as its files say; ``diverged`` is failed by a loss that is not a number.
        reason: one line on why it is not done; empty for one that is.
        told: its overrides, ``optimizer=adam`` and so on.
        config: resolved where it came so far, else as Hydra composed it.
        runtime: what Hydra notes of how it composed that.
        metrics: metrics.json.
        environment: environment.json.
        fold: ``fold-1-2`` of a cross-validation; else empty.
        remarks: what could not be read, one line each.
    """

    folder: Path
    outcome: Outcome
    reason: str
    told: list[str]
    config: dict[str, Any]
    runtime: dict[str, Any]
    metrics: dict[str, Any]
    environment: dict[str, Any]
    epochs: Epochs
    fold: str = ""
    remarks: list[str] = field(default_factory=list)

    @cached_property
    def overrides(self) -> dict[str, str]:
        return values(self.told)

    @property
    def task(self) -> str:
        named = self.config.get("name") or self.metrics.get("name") or self.overrides.get("task")
        return str(named or "unknown")

    @property
    def seed(self) -> str:
        return str(self.overrides.get("seed", self.config.get("seed", "")))

    @property
    def monitor(self) -> str:
        """What the run is judged by: the monitored metric; of a fold, its like on the rows held out."""
        name = self.at("monitor.name")
        name = name if isinstance(name, str) and "/" in name else "loss/val"
        return f"{name.partition('/')[0]}/test" if self.fold or self.at("folds") else name

    @property
    def larger_is_better(self) -> bool:
        return self.at("monitor.mode") == "max"

    @property
    def seconds(self) -> float | None:
        """Of training; of a run that is not done, so far."""
        return self.metric("seconds") or max(finite(self.epochs.series.get("seconds", {})).values(), default=None)

    @property
    def epochs_done(self) -> int:
        return int(self.metric("epochs") or self.epochs.last)

    def metric(self, name: str) -> float | None:
        """A number of metrics.json; None where it has none, or one that is not finite."""
        return number(self.metrics.get(name))

    def curve(self, name: str) -> Series:
        return finite(self.epochs.series.get(name, {}))

    def at(self, path: str) -> Any:
        """The value of ``optimizer.lr`` in the config; None where there is none."""
        level: Any = self.config
        for key in path.split("."):
            level = level.get(key) if isinstance(level, dict) else None
        return level

    @property
    def choices(self) -> dict[str, Any]:
        """What each config group was."""
        choices = self.runtime.get("choices")
        return choices if isinstance(choices, dict) else {}

    @property
    def config_dir(self) -> str | None:
        """A config folder of the user's own."""
        sources = self.runtime.get("config_sources")
        named = [each for each in sources if isinstance(each, dict)] if isinstance(sources, list) else []
        return next((str(each.get("path")) for each in named if each.get("provider") == "command-line"), None)


def number(value: Any) -> float | None:
    """A finite number as a float; None for anything else."""
    try:
        return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
    except OverflowError:
        return None
