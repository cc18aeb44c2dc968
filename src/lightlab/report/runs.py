"""Reads one run from its folder; tolerates half-written and damaged files."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

from lightlab.runs.folder import state
from lightlab.runs.overrides import read_overrides, values

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


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times faster


def read_run(folder: Path, fold: str = "") -> Run:
    """Reads the run of a folder; `fold` names one below it, whose overrides are the run's own."""
    at = folder / fold
    remarks: list[str] = []
    outcome: Outcome = state(at)
    metrics = _read_json(at / "metrics.json", remarks)
    epochs = read_epochs(at / "metrics.csv")
    if outcome == "done" and not metrics:
        outcome = "unfinished"
    reason = _reason(at, outcome, remarks)
    if outcome == "failed" and re.search(r"loss is (nan|-?inf)", reason):
        outcome = "diverged"
    record = folder / ".hydra"
    config = _read_yaml(at / "config.yaml", remarks) or _read_yaml(record / "config.yaml", remarks)
    hydra = _read_yaml(record / "hydra.yaml", remarks).get("hydra")
    runtime = hydra.get("runtime") if isinstance(hydra, dict) else None
    environment = _read_json(at / "environment.json", remarks)
    return Run(
        at,
        outcome,
        reason,
        read_overrides(folder),
        config,
        runtime if isinstance(runtime, dict) else {},
        metrics,
        environment,
        epochs,
        fold,
        remarks + epochs.remarks,
    )


def _reason(folder: Path, outcome: str, remarks: list[str]) -> str:
    if outcome == "done":
        return ""
    if outcome == "unfinished":
        return remarks[0] if remarks else "interrupted, or still running"
    name = "pruned.txt" if outcome == "pruned" else "error.txt"
    try:
        text = (folder / name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return f"{name} cannot be read"
    line = " ".join(text.replace("\0", "").split()).removeprefix("error: ")
    return line[:1000] or f"{name} is empty"


def _read_json(path: Path, remarks: list[str]) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        contents = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        contents = None
    if not isinstance(contents, dict):
        remarks.append(f"{path.name} cannot be read: cut, or not JSON")
        return {}
    return contents


def _read_yaml(path: Path, remarks: list[str]) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        contents = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        contents = None
    if not isinstance(contents, dict):
        remarks.append(f"{path.name} cannot be read: cut, or not YAML")
        return {}
    return contents
