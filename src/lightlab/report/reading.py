"""Reads what a run has left in its folder: never runs it, and takes what is whole of what is damaged."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from lightlab.report.epochs import read_epochs
from lightlab.report.overrides import read_overrides
from lightlab.report.run import Outcome, Run
from lightlab.runs import state

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
