"""k-fold cross-validation: one run for each fold, tested on the rows that it has not seen."""

from __future__ import annotations

import csv
import math
import time
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import yaml

from lightlab.config.composition import Config
from lightlab.data.splits import Fold
from lightlab.errors import UsageError
from lightlab.files import whole_file, write_text
from lightlab.runs.results import write_json
from lightlab.training.building import build
from lightlab.training.fit import fit

Row = dict[str, float]


def cross_validate(config: Config, folder: Path) -> dict[str, Any]:
    """Trains ``folds`` · ``fold_repeats`` runs, each in a folder of its own below `folder`.

    The folds are dealt from the rows that are not for the test, which stay untouched.

    Returns:
        What metrics.json holds: for each metric the mean over all folds (``accuracy/test``), their standard deviation
        (``…/std``) and, with repeats, that of the repeats' means (``…/repeat_std``).

    Raises:
        UsageError: the data cannot be dealt into that many folds, or the config asks to resume a run.
    """
    if config["resume"]:
        raise UsageError("resume=: a cross-validation starts anew; take folds= away to go on with a single run")
    started = time.perf_counter()
    write_text(folder / "config.yaml", yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
    rows: list[Row] = []
    results: dict[str, Any] = {}
    for repeat in range(config["fold_repeats"]):
        for index in range(config["folds"]):
            name = f"fold-{repeat + 1}-{index + 1}"
            results = fit(build(config, folder / name, Fold(index, config["folds"], repeat)))
            metrics = {key: float(value) for key, value in results.items() if key.endswith("/test")}
            rows.append({"repeat": repeat + 1, "fold": index + 1, **metrics})
            _write_rows(rows, folder / "folds.csv")  # after every fold, so that none is lost
            print(f"{name:12}" + "  ".join(f"{key} {value:.4g}" for key, value in metrics.items()), flush=True)
    summary = {key: results[key] for key in ("name", "data")} | {
        "folds": config["folds"],
        "fold_repeats": config["fold_repeats"],
        "seconds": round(time.perf_counter() - started, 2),
        **summarize(rows),
    }
    write_json(folder / "metrics.json", summary)
    print(_table(summary, folder), flush=True)
    return summary


def summarize(rows: list[Row]) -> Row:
    """Returns the mean and standard deviation over the folds of each metric that every fold could measure."""
    summary: Row = {}
    for name in rows[0]:
        values = [row[name] for row in rows if math.isfinite(row.get(name, math.nan))]
        if name in ("repeat", "fold") or len(values) < len(rows):
            continue
        summary |= {name: fmean(values), f"{name}/std": stdev(values)}
        repeats = sorted({row["repeat"] for row in rows})
        if len(repeats) > 1:
            means = [fmean(row[name] for row in rows if row["repeat"] == repeat) for repeat in repeats]
            summary[f"{name}/repeat_std"] = stdev(means)
    return summary


def _write_rows(rows: list[Row], path: Path) -> None:
    with whole_file(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _table(summary: dict[str, Any], folder: Path) -> str:
    title = f"{summary['fold_repeats']} x {summary['folds']} folds in {summary['seconds']:.1f} s"
    lines = [f"{summary['name']} · {summary['data']} data · {title}"]
    lines += [f"{'':14}{'mean':>12}{'std':>12}{'of means':>12}"]
    for name in (name for name in summary if name.endswith("/test")):
        cells = (summary.get(f"{name}{end}") for end in ("", "/std", "/repeat_std"))
        numbers = "".join(f"{'' if cell is None else format(cell, '.4g'):>12}" for cell in cells)
        lines.append(f"{name.partition('/')[0]:14}{numbers}")
    return "\n".join(["", *lines, "", f"run folder   {folder}"])
