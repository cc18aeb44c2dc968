"""summary.csv: one row a run, for a spreadsheet or pandas."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightlab.files import whole_file
from lightlab.report.run import Run


def write_summary(runs: Sequence[Run], path: Path) -> None:
    """Overrides come as columns of their keys, metrics under their names with all digits; what a run lacks is empty."""
    rows = [_row(run, path.parent) for run in runs]
    columns = list(dict.fromkeys(name for row in rows for name in row if not name.startswith(("metric:", "~~"))))
    first = ["task", "run", "state", *dict.fromkeys(key for run in runs for key in run.overrides if key != "task")]
    columns = list(dict.fromkeys([*first, *columns]))
    with whole_file(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def _row(run: Run, to: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"task": run.task, "run": _relative(run.folder, to), "state": run.outcome, **run.overrides}
    row |= {"task": run.task, "seed": run.seed}
    row |= {"fold": run.fold} if run.fold else {}
    row |= {"monitor": run.monitor, "monitored": _told(run.metric(run.monitor))}
    row |= {name: _told(value) for name, value in run.metrics.items() if name not in ("name", "seconds", "epochs")}
    return row | {"seconds": _told(run.seconds), "epochs": run.epochs_done, "error": run.reason}


def _told(value: Any) -> Any:
    return "" if value is None else repr(value) if isinstance(value, float) else value


def _relative(folder: Path, to: Path) -> str:
    try:
        return Path(os.path.relpath(folder, to)).as_posix()
    except ValueError:
        return str(folder)
