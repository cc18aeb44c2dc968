"""k-fold cross-validation: one run for each fold, tested on the rows that it has not seen."""

import math
import time
from pathlib import Path
from typing import Any

import pandas as pd

from lightlab.config.composition import Config
from lightlab.data.splits import Fold
from lightlab.errors import UsageError
from lightlab.files import whole_file
from lightlab.runs.records import write_yaml
from lightlab.runs.results import write_json
from lightlab.runs.summary import text_table
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
    write_yaml(folder / "config.yaml", config)
    rows: list[Row] = []
    results: dict[str, Any] = {}
    for repeat in range(config["fold_repeats"]):
        for index in range(config["folds"]):
            name = f"fold-{repeat + 1}-{index + 1}"
            results = fit(build(config, folder / name, Fold(index, config["folds"], repeat)))
            metrics = {key: float(value) for key, value in results.items() if key.endswith("/test")}
            rows.append({"repeat": repeat + 1, "fold": index + 1, **metrics})
            with whole_file(folder / "folds.csv") as unfinished:  # after every fold, so that none is lost
                pd.DataFrame(rows).to_csv(unfinished, index=False, na_rep="nan")
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
    metrics = pd.DataFrame(rows).set_index(["repeat", "fold"]).replace([math.inf, -math.inf], math.nan).dropna(axis=1)
    repeat_means = metrics.groupby("repeat").mean()
    summary: Row = {}
    for name in map(str, metrics.columns):
        summary |= {name: float(metrics[name].mean()), f"{name}/std": float(metrics[name].std())}
        if len(repeat_means) > 1:
            summary[f"{name}/repeat_std"] = float(repeat_means[name].std())
    return summary


def _table(summary: dict[str, Any], folder: Path) -> str:
    title = f"{summary['fold_repeats']} x {summary['folds']} folds in {summary['seconds']:.1f} s"
    rows = [["", "mean", "std", "std of means"]]
    for name in (name for name in summary if name.endswith("/test")):
        values = (summary.get(f"{name}{end}") for end in ("", "/std", "/repeat_std"))
        rows.append([name.removesuffix("/test"), *("" if value is None else f"{value:.4g}" for value in values)])
    table = text_table(rows, numbers=(1, 2, 3))
    return f"\n{summary['name']} · {summary['data']} data · {title}\n{table}\n\nrun folder   {folder}"
