"""summary.csv: one row a run, for a spreadsheet or pandas."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightlab.files import whole_file
from lightlab.report.configurations import FOUND_DATA
from lightlab.report.run import Run

_SAID_ELSEWHERE = ("name", "data", "seconds", "epochs")


def write_summary(runs: Sequence[Run], path: Path) -> None:
    """Overrides come as columns of their keys, metrics under their names with all digits; what a run lacks is empty."""
    rows = [_row(run, path.parent) for run in runs]
    told = dict.fromkeys(key for run in runs for key in run.overrides)
    columns = dict.fromkeys(["task", "run", "state", *told, *(name for row in rows for name in row)])
    with whole_file(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns), lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)


def _row(run: Run, to: Path) -> dict[str, Any]:
    row: dict[str, Any] = {**run.overrides, "task": run.task, "run": _relative(run.folder, to), "state": run.outcome}
    row |= {"seed": run.seed} | ({"fold": run.fold} if run.fold else {})
    row |= {"monitor": run.monitor, "monitored": run.metric(run.monitor)}
    row |= {name: value for name, value in run.metrics.items() if name not in _SAID_ELSEWHERE}
    row |= {FOUND_DATA: run.metrics.get("data")}
    return row | {"seconds": run.seconds, "epochs": run.epochs_done, "error": run.reason}


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula is marked as text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in ("=", "@", "\t", "\r") else value
    return repr(value)


def _relative(folder: Path, to: Path) -> str:
    try:
        return Path(os.path.relpath(folder, to)).as_posix()
    except ValueError:  # another drive
        return str(folder)
