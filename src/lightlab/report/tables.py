"""The tables of a report: configurations by rank, runs, and summary.csv."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any
from urllib.parse import quote

from lightlab.files import whole_file
from lightlab.report.comparison import Comparison
from lightlab.report.configurations import FOUND_DATA, Configuration, setting
from lightlab.report.runs import Run
from lightlab.report.words import Say, as_number, chance, duration, mean_and_deviation, plain, short
from lightlab.runs.overrides import command

_MOST_KEYS = 4  # with a column of their own
_MOST_OTHERS = 3  # metrics beside the one that is compared


@dataclass
class Cell:
    """Attributes:
    sort: what a column of numbers is sorted by.
    kind: ``text``, ``short`` (on one line), ``reason`` (long), ``number``, ``outcome``, ``link`` or ``command``.
    more: the link's target, or the whole of a text that is cut.
    """

    text: str
    sort: float | None = None
    kind: str = "text"
    more: str = ""


@dataclass
class Row:
    """Attributes:
    of: number of the configuration, from 0, best first.
    """

    of: int
    cells: list[Cell]


@dataclass
class Table:
    """Attributes:
    test: the columns of the test rows, which pick nothing.
    """

    columns: list[str]
    rows: list[Row]
    test: list[str]


def other_metrics(runs: Iterable[Run], metric: str) -> list[str]:
    """On the test rows first, then validation; those of single classes are left out."""
    names = dict.fromkeys(name for run in runs for name in run.metrics if name.count("/") == 1 and name != metric)
    base = metric.partition("/")[0]
    known = [name for name in names if name.endswith(("/test", "/val"))]
    bases = list(dict.fromkeys([base, "loss", *(name.partition("/")[0] for name in known)]))
    known.sort(key=lambda name: (name.endswith("/val"), bases.index(name.partition("/")[0])))
    tests = [name for name in known if name.endswith("/test")][: _MOST_OTHERS - 1]
    return [*tests, *(name for name in known if name.endswith("/val"))][:_MOST_OTHERS]


def of_test_rows(comparison: Comparison, names: list[str]) -> list[str]:
    """None of a cross-validation's, which are measured on the rows held out."""
    return [] if comparison.metric.endswith("/test") else [name for name in names if name.endswith("/test")]


def without_empty_columns(table: Table) -> Table:
    kept = [
        index for index in range(len(table.columns)) if any(row.cells[index].text for row in table.rows) or index == 0
    ]
    rows = [Row(row.of, [row.cells[index] for index in kept]) for row in table.rows]
    return Table([table.columns[index] for index in kept], rows, table.test)


def key_columns(comparison: Comparison, say: Say) -> list[str]:
    if 0 < len(comparison.keys) <= _MOST_KEYS:
        return [say(key) if key == FOUND_DATA else key for key in comparison.keys]
    return [say("configuration")]


def key_cells(comparison: Comparison, configuration: Configuration, run: Run | None = None) -> list[Cell]:
    if not 0 < len(comparison.keys) <= _MOST_KEYS:
        return [Cell(configuration.label or comparison.task)]
    told = {key: setting(run, key) for key in comparison.keys} if run else configuration.settings
    return [Cell(short(text), as_number(text), more=text if short(text) != text else "") for text in told.values()]


def number_cell(text: str, value: float | None) -> Cell:
    return Cell(text, value if value is not None and math.isfinite(value) else None, "number")


def link(target: Path, to: Path) -> str:
    """As a page in `to` names it; it never names a scheme, whatever the folder is called."""
    try:
        relative = os.path.relpath(target, to)
    except ValueError:  # another drive
        return target.absolute().as_uri()
    address = quote(Path(relative).as_posix())
    return address if address.startswith("../") else f"./{address}"


def configuration_table(comparison: Comparison, say: Say) -> Table:
    """Best first; a column that no configuration fills is left out."""
    others = other_metrics(comparison.runs, comparison.metric)
    columns = ["#", *key_columns(comparison, say), comparison.metric, "n", say("behind by"), say("chance alone?")]
    columns += others
    columns += [say("epochs to {score}", score=plain(comparison.score)), say("time to it"), say("time"), say("runs")]
    columns += [say("again")]
    rows = [_configuration_row(comparison, index, others, say) for index in range(len(comparison.configurations))]
    return without_empty_columns(Table(columns, rows, of_test_rows(comparison, others)))


def _configuration_row(comparison: Comparison, index: int, others: list[str], say: Say) -> Row:
    each = comparison.configurations[index]
    best = comparison.configurations[0]
    cells = [Cell(str(index + 1) if each.scores else "–", index, "number"), *key_cells(comparison, each)]
    cells += [number_cell(mean_and_deviation(each.mean, each.deviation), each.mean), _count(each)]
    behind = abs(each.mean - best.mean) if each.scores and index else None
    cells += [number_cell("" if behind is None else f"{behind:.2g}", behind)]
    cells.append(Cell(_against_the_best(comparison, index, say), kind="short"))
    for name in others:
        values = each.values(name)
        mean = fmean(values) if values else math.nan
        cells.append(number_cell(mean_and_deviation(mean, stdev(values) if len(values) > 1 else None), mean))
    cells += _pace(comparison, each)
    seconds = [run.seconds for run in each.judged if run.seconds is not None]
    time = fmean(seconds) if seconds else None
    cells.append(number_cell(duration(time), time))
    outcomes = dict.fromkeys(run.outcome for run in each.runs)
    told = (f"{sum(run.outcome == outcome for run in each.runs)} {say(outcome)}" for outcome in outcomes)
    cells.append(Cell(", ".join(told), kind="short"))
    seeds = dict.fromkeys(run.seed for run in each.runs)
    cells.append(Cell(command(each.runs[0].told, seeds, each.runs[0].config_dir), kind="command"))
    return Row(index, cells)


def _count(each: Configuration) -> Cell:
    n = len(each.scores)
    return Cell(str(n) if n == len(each.runs) else f"{n} / {len(each.runs)}", n, "number")


def _against_the_best(comparison: Comparison, index: int, say: Say) -> str:
    """Only the second is tested: with more tests some would come out by chance."""
    if index != 1 or len(comparison.scored) < 2:
        return ""
    test = comparison.test
    if test:
        return chance(test.p)
    few = min(len(each.scores) for each in comparison.scored[:2]) < 2
    return say("n < 2: no test") if few else say("no spread: no test")


def _pace(comparison: Comparison, each: Configuration) -> list[Cell]:
    """Epochs and time to the score, over the runs that reach it."""
    if comparison.score is None or not any(run.curve(comparison.metric) for run in each.judged):
        return [Cell(""), Cell("")]
    reached = each.first_epochs(comparison.metric, comparison.reaches)
    if not reached:
        return [Cell("–", kind="number"), Cell("–", kind="number")]
    epochs = fmean(epoch for epoch, _ in reached)
    text = f"{epochs:.3g}" + ("" if len(reached) == len(each.judged) else f" ({len(reached)} / {len(each.judged)})")
    seconds = [found for _, found in reached if found is not None]
    time = fmean(seconds) if seconds else None
    return [number_cell(text, epochs), number_cell(duration(time), time)]


def run_table(comparison: Comparison, to: Path, say: Say) -> Table:
    """With the reason of each run that is not done."""
    others = other_metrics(comparison.runs, comparison.metric)
    columns = [say("run"), say("outcome"), *key_columns(comparison, say), say("seed"), say("fold")]
    columns += [comparison.metric, *others]
    columns += [say("epochs"), say("time"), say("why, and remarks"), say("again")]
    rows = [
        Row(index, _run_cells(comparison, each, run, others, to, say))
        for index, each in enumerate(comparison.configurations)
        for run in each.runs
    ]
    return without_empty_columns(Table(columns, rows, of_test_rows(comparison, others)))


def _run_cells(
    comparison: Comparison, configuration: Configuration, run: Run, others: list[str], to: Path, say: Say
) -> list[Cell]:
    name = run.folder.name if not run.fold else f"{run.folder.parent.name}/{run.fold}"
    cells = [
        Cell(name, kind="link", more=link(run.folder, to)),
        Cell(run.outcome, kind="outcome", more=say(run.outcome)),
    ]
    cells += [*key_cells(comparison, configuration, run), number_cell(run.seed, as_number(run.seed)), Cell(run.fold)]
    cells += [number_cell(plain(run.metric(metric)), run.metric(metric)) for metric in (comparison.metric, *others)]
    cells += [number_cell(str(run.epochs_done or ""), run.epochs_done), number_cell(duration(run.seconds), run.seconds)]
    lacks = run.outcome == "done" and run.metric(comparison.metric) is None
    told = [
        say(run.reason) if run.outcome == "unfinished" else run.reason,
        *(say(each) for each in run.remarks if each != run.reason),
    ]
    told += [say("{metric} is missing, or not a number", metric=comparison.metric)] if lacks else []
    cells.append(Cell("; ".join(filter(None, told)), kind="reason"))
    cells.append(Cell(command(run.told, [run.seed], run.config_dir), kind="command"))
    return cells


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
