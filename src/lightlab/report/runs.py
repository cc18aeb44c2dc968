"""Finds run folders and reads them; tolerates half-written and damaged files."""

import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from lightlab.errors import DataError, UsageError
from lightlab.runs.folder import is_set_aside, state
from lightlab.runs.overrides import read_overrides, values
from lightlab.runs.records import read_json, read_text, read_yaml
from lightlab.runs.results import Epochs, by_metric_name, metric_name, read_epochs

Outcome = Literal["done", "pruned", "failed", "unfinished", "diverged"]
_MARKS = (".hydra", "metrics.csv", "metrics.json", "error.txt", "pruned.txt")


@dataclass
class Run:
    """One run, or one fold of a cross-validation.

    Attributes:
        outcome: ``diverged`` is a failure by a loss that is not a number.
        reason: one line on why the run is not done; empty for one that is.
        overrides: ``optimizer=adam`` and so on.
        config: config.yaml, resolved; of a run that failed before writing it, Hydra's own record.
        hydra: hydra.yaml, Hydra's record of how it composed the config.
        fold: ``fold-1-2`` in a cross-validation; else empty.
        notes: what could not be read.
    """

    folder: Path
    outcome: Outcome
    reason: str
    overrides: list[str]
    config: dict[str, Any]
    hydra: dict[str, Any]
    metrics: dict[str, Any]
    environment: dict[str, Any]
    epochs: Epochs
    fold: str = ""
    notes: list[str] = field(default_factory=list)

    @cached_property
    def override_values(self) -> dict[str, str]:
        return values(self.overrides)

    @property
    def task(self) -> str:
        name = self.config.get("name") or self.metrics.get("name") or self.override_values.get("task")
        return str(name or "unknown")

    @property
    def seed(self) -> str:
        return str(self.override_values.get("seed", self.config.get("seed", "")))

    @property
    def monitor(self) -> str:
        """The metric by which runs are compared: the monitored one; for a fold, the same on its test rows."""
        name = _value(self.config, "monitor.name")
        name = metric_name(name) if isinstance(name, str) and name else "loss/val"
        return f"{name.partition('/')[0]}/test" if self.fold or self.config.get("folds") else name

    @property
    def larger_is_better(self) -> bool:
        return _value(self.config, "monitor.mode") == "max"

    @property
    def seconds(self) -> float | None:
        """Training time; for a run that is not done, the time so far."""
        return self.metric("seconds") or max(self.epochs.finite("seconds").values(), default=None)

    @property
    def epochs_done(self) -> int:
        return int(self.metric("epochs") or self.epochs.last)

    def metric(self, name: str) -> float | None:
        """A finite number of metrics.json; None for anything else."""
        value = self.metrics.get(name)
        try:
            return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
        except OverflowError:
            return None

    @property
    def config_dir(self) -> str | None:
        """The user's own config folder (``--config-dir``)."""
        sources = _value(self.hydra, "hydra.runtime.config_sources")
        sources = [source for source in sources if isinstance(source, dict)] if isinstance(sources, list) else []
        return next((str(each.get("path")) for each in sources if each.get("provider") == "command-line"), None)

    def setting(self, key: str) -> Any:
        """The choice of a config group, or else the config's value; None without either."""
        choice = _value(self.hydra, f"hydra.runtime.choices.{key}")
        return choice if choice is not None else _value(self.config, key)


def _value(tree: Any, path: str) -> Any:
    """The value at a path such as ``optimizer.lr``; None without one."""
    for key in path.split("."):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """Reads every run in and below `folders` once; a cross-validation gives one run per fold.

    Raises:
        UsageError: a folder does not exist.
        DataError: the folders hold no run.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: no such folder; name a run, or a folder with runs below it")
    run_folders = dict.fromkeys(Path(os.path.abspath(run)) for folder in folders for run in _run_folders(folder))
    if not run_folders:
        names = ", ".join(map(str, folders))
        raise DataError(f"{names}: no run lies here (none has .hydra/, metrics.csv, metrics.json or error.txt)")
    return [run for folder in run_folders for run in _read_folds(folder)]


def is_run(folder: Path) -> bool:
    return any((folder / name).exists() for name in _MARKS)


def _run_folders(folder: Path) -> Iterator[Path]:
    if is_run(folder):
        yield folder
        return
    try:
        inside = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        return
    for path in sorted(inside, key=_numerically):
        if not path.name.startswith(".") and not is_set_aside(Path(path.name)):
            yield from _run_folders(path)


def _numerically(path: Path) -> list[tuple[bool, int, str]]:
    """Sorts run 2 before run 10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", path.name)
    return [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def _read_folds(folder: Path) -> Iterator[Run]:
    """Reads the folds of a run; and the run itself, unless it is a complete cross-validation."""
    folds = sorted((path for path in folder.glob("fold-*-*") if path.is_dir()), key=_numerically)
    yield from (read_run(folder, fold.name) for fold in folds)
    if not folds or not (folder / "metrics.json").is_file():
        yield read_run(folder)


def read_run(run_folder: Path, fold: str = "") -> Run:
    """Reads the run of a folder, or one of its folds, which shares the run's overrides."""
    folder = run_folder / fold
    notes: list[str] = []
    outcome: Outcome = state(folder)
    metrics = by_metric_name(_read(folder / "metrics.json", notes))
    epochs = read_epochs(folder).renamed()
    if outcome == "done" and not metrics:
        outcome = "unfinished"
    reason = _reason(folder, outcome, notes)
    if outcome == "failed" and re.search(r"loss is (nan|-?inf)", reason):
        outcome = "diverged"
    record = run_folder / ".hydra"
    return Run(
        folder=folder,
        outcome=outcome,
        reason=reason,
        overrides=read_overrides(run_folder),
        config=_read(folder / "config.yaml", notes) or _read(record / "config.yaml", notes),
        hydra=_read(record / "hydra.yaml", notes),
        metrics=metrics,
        environment=_read(folder / "environment.json", notes),
        epochs=epochs,
        fold=fold,
        notes=notes + epochs.notes,
    )


def _reason(folder: Path, outcome: Outcome, notes: list[str]) -> str:
    if outcome == "done":
        return ""
    if outcome == "unfinished":
        return notes[0] if notes else "interrupted, or still running"
    name = "pruned.txt" if outcome == "pruned" else "error.txt"
    try:
        text = read_text(folder / name, errors="replace")
    except DataError:
        return f"{name} cannot be read"
    line = " ".join(text.replace("\0", "").split()).removeprefix("error: ")
    return line[:1000] or f"{name} is empty"


def _read(path: Path, notes: list[str]) -> dict[str, Any]:
    """Reads a JSON or YAML file; empty where there is none, or where it is damaged."""
    if not os.path.lexists(path):
        return {}
    try:
        return read_json(path) if path.suffix == ".json" else read_yaml(path, dict)
    except DataError:
        notes.append(f"{path.name} cannot be read: cut off, or not {path.suffix[1:].upper()}")
        return {}
