"""The tables of a report: the ranking of configurations, all runs, and summary.csv."""

import csv
import math
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any
from urllib.parse import quote

from lightlab.files import csv_cell, whole_file
from lightlab.report.comparison import Comparison
from lightlab.report.formatting import Translate, as_number, duration, mean_and_deviation, p_value, plain, short
from lightlab.report.grouping import DATA_USED, Configuration, setting
from lightlab.report.runs import Run
from lightlab.runs.overrides import command

_MOST_KEYS = 4  # with a column of their own
_MOST_OTHERS = 3  # metrics beside the one that is compared


@dataclass
class Cell:
    """One cell.

    Attributes:
        sort: the number by which a column is sorted.
        kind: ``text``, ``short`` (on one line), ``reason`` (long), ``number``, ``outcome``, ``link`` or ``command``.
        more: a link's target, an outcome's translation, or the whole of a text that is cut.
    """

    text: str
    sort: float | None = None
    kind: str = "text"
    more: str = ""


@dataclass
class Table:
    """Columns and rows, each with its configuration's rank; `test` names the columns of the test rows."""

    columns: list[str]
    rows: list[tuple[int, list[Cell]]]
    test: list[str]


Cells = Iterator[tuple[str, Cell]]  # with the names of their columns


def _table(rows: Iterable[tuple[int, Cells]], comparison: Comparison) -> Table:
    """Puts rows of the same columns together, and leaves out columns that no row fills."""
    ranks_and_cells = [(rank, dict(cells)) for rank, cells in rows]
    columns = [name for name in ranks_and_cells[0][1] if any(cells[name].text for _, cells in ranks_and_cells)]
    # A cross-validation is compared by its test rows; elsewhere they choose nothing.
    test = [] if comparison.metric.endswith("/test") else [name for name in columns if name.endswith("/test")]
    return Table(columns, [(rank, [cells[name] for name in columns]) for rank, cells in ranks_and_cells], test)


def ranking_table(comparison: Comparison, translate: Translate) -> Table:
    """One row per configuration, the best first."""
    ranks = range(len(comparison.configurations))
    return _table(((rank, _ranking_cells(comparison, rank, translate)) for rank in ranks), comparison)


def _ranking_cells(comparison: Comparison, rank: int, translate: Translate) -> Cells:
    configuration, best = comparison.configurations[rank], comparison.configurations[0]
    n = len(configuration.scores)
    yield "#", Cell(str(rank + 1) if n else "–", rank, "number")
    yield from _key_cells(comparison, configuration, translate)
    yield comparison.metric, _mean_cell(configuration.scores)
    yield "n", _number_cell(str(n) if n == len(configuration.runs) else f"{n} / {len(configuration.runs)}", n)
    gap = abs(configuration.mean - best.mean) if n and rank else None
    yield translate("gap to best"), _number_cell("" if gap is None else f"{gap:.2g}", gap)
    yield translate("significance"), Cell(_test_of_second(comparison, translate) if rank == 1 else "", kind="short")
    for name in _other_metrics(comparison):
        yield name, _mean_cell(configuration.values(name))
    epochs, seconds = _pace_cells(comparison, configuration)
    yield translate("epochs to {score}", score=plain(comparison.target)), epochs
    yield translate("time to {score}", score=plain(comparison.target)), seconds
    yield translate("time"), _duration_cell(run.seconds for run in configuration.counted)
    outcomes = [run.outcome for run in configuration.runs]
    counts = ", ".join(f"{outcomes.count(outcome)} {translate(outcome)}" for outcome in dict.fromkeys(outcomes))
    yield translate("runs"), Cell(counts, kind="short")
    first, seeds = configuration.runs[0], dict.fromkeys(run.seed for run in configuration.runs)
    yield translate("repeat"), Cell(command(first.overrides, seeds, first.config_dir), kind="command")


def _test_of_second(comparison: Comparison, translate: Translate) -> str:
    """Only the second is tested against the best: with more tests some would succeed by chance."""
    if len(comparison.scored) < 2:
        return ""
    if comparison.test:
        return p_value(comparison.test.p)
    few = min(len(each.scores) for each in comparison.scored[:2]) < 2
    return translate("n < 2: no test") if few else translate("no spread: no test")


def _pace_cells(comparison: Comparison, configuration: Configuration) -> tuple[Cell, Cell]:
    """Epochs and time to the target, over the runs that reach it."""
    counted = configuration.counted
    if comparison.target is None or not any(run.epochs.finite(comparison.metric) for run in counted):
        return Cell(""), Cell("")
    reached = configuration.first_epochs(comparison.metric, comparison.reaches)
    if not reached:
        return Cell("–", kind="number"), Cell("–", kind="number")
    epochs = fmean(epoch for epoch, _ in reached)
    some = "" if len(reached) == len(counted) else f" ({len(reached)} / {len(counted)})"
    return _number_cell(f"{epochs:.3g}{some}", epochs), _duration_cell(seconds for _, seconds in reached)


def run_table(comparison: Comparison, folder: Path, translate: Translate) -> Table:
    """One row per run, with a link from a page in `folder`, and the reason why it is not done."""
    rows = (
        (rank, _run_cells(comparison, configuration, run, folder, translate))
        for rank, configuration in enumerate(comparison.configurations)
        for run in configuration.runs
    )
    return _table(rows, comparison)


def _run_cells(
    comparison: Comparison, configuration: Configuration, run: Run, folder: Path, translate: Translate
) -> Cells:
    name = run.folder.name if not run.fold else f"{run.folder.parent.name}/{run.fold}"
    yield translate("run"), Cell(name, kind="link", more=link(run.folder, folder))
    yield translate("outcome"), Cell(run.outcome, kind="outcome", more=translate(run.outcome))
    yield from _key_cells(comparison, configuration, translate, run)
    yield translate("seed"), _number_cell(run.seed, as_number(run.seed))
    yield translate("fold"), Cell(run.fold)
    for metric in (comparison.metric, *_other_metrics(comparison)):
        yield metric, _number_cell(plain(run.metric(metric)), run.metric(metric))
    yield translate("epochs"), _number_cell(str(run.epochs_done or ""), run.epochs_done)
    yield translate("time"), _duration_cell([run.seconds])
    notes = [translate(run.reason) if run.outcome == "unfinished" else run.reason]
    notes += [translate(note) for note in run.notes if note != run.reason]
    if run.outcome == "done" and run.metric(comparison.metric) is None:
        notes.append(translate("{metric} is missing or not finite", metric=comparison.metric))
    yield translate("notes"), Cell("; ".join(filter(None, notes)), kind="reason")
    yield translate("repeat"), Cell(command(run.overrides, [run.seed], run.config_dir), kind="command")


def _other_metrics(comparison: Comparison) -> list[str]:
    """A few metrics beside the compared one, test rows first; metrics of single classes are left out."""
    metric_names = dict.fromkeys(name for run in comparison.runs for name in run.metrics)
    known = [name for name in metric_names if re.fullmatch("[^/]+/(test|val)", name) and name != comparison.metric]
    bases = list(dict.fromkeys(name.partition("/")[0] for name in (comparison.metric, "loss/", *known)))
    known.sort(key=lambda name: bases.index(name.partition("/")[0]))
    tests = [name for name in known if name.endswith("/test")][: _MOST_OTHERS - 1]
    return [*tests, *(name for name in known if name.endswith("/val"))][:_MOST_OTHERS]


def _key_cells(
    comparison: Comparison, configuration: Configuration, translate: Translate, run: Run | None = None
) -> Cells:
    """The swept settings; one column for all of them where they are many."""
    if not 0 < len(comparison.keys) <= _MOST_KEYS:
        yield translate("configuration"), Cell(configuration.label or comparison.task)
        return
    for key in comparison.keys:
        value = setting(run, key) if run else configuration.settings[key]
        cell = Cell(short(value), as_number(value), more=value if short(value) != value else "")
        yield translate(key) if key == DATA_USED else key, cell


def _number_cell(text: str, value: float | None) -> Cell:
    return Cell(text, value if value is not None and math.isfinite(value) else None, "number")


def _mean_cell(values: list[float]) -> Cell:
    mean = fmean(values) if values else math.nan
    return _number_cell(mean_and_deviation(mean, stdev(values) if len(values) > 1 else None), mean)


def _duration_cell(seconds: Iterable[float | None]) -> Cell:
    """The mean of the known durations."""
    known = [each for each in seconds if each is not None]
    mean = fmean(known) if known else None
    return _number_cell(duration(mean), mean)


def link(target: Path, folder: Path) -> str:
    """A relative address for a page in `folder`; it never contains a scheme, whatever a folder is called."""
    path = _relative(target, folder)
    if path.is_absolute():
        return path.as_uri()
    address = quote(path.as_posix())
    return address if address.startswith("../") else f"./{address}"


def _relative(path: Path, folder: Path) -> Path:
    try:
        return Path(os.path.relpath(path, folder))
    except ValueError:  # on another drive
        return path.absolute()


def write_summary(runs: Sequence[Run], path: Path) -> None:
    """Writes one row per run: overrides under their keys, metrics under their names with all digits."""
    rows = [_summary_row(run, path.parent) for run in runs]
    keys = dict.fromkeys(key for run in runs for key in run.override_values)
    columns = dict.fromkeys(["task", "run", "state", *keys, *(name for row in rows for name in row)])
    with whole_file(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns), lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(
            {name: csv_cell(repr(value) if isinstance(value, float) else value) for name, value in row.items()}
            for row in rows
        )


def _summary_row(run: Run, folder: Path) -> dict[str, Any]:
    place = _relative(run.folder, folder).as_posix()
    row: dict[str, Any] = {**run.override_values, "task": run.task, "run": place, "state": run.outcome}
    row |= {"seed": run.seed} | ({"fold": run.fold} if run.fold else {})
    row |= {"monitor": run.monitor, "monitored": run.metric(run.monitor)}
    row |= {name: value for name, value in run.metrics.items() if name not in ("name", "data", "seconds", "epochs")}
    row |= {DATA_USED: run.metrics.get("data")}
    return row | {"seconds": run.seconds, "epochs": run.epochs_done, "error": run.reason}
