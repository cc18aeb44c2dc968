"""The table of configurations and the table of runs, for the page and for the text alike."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from urllib.parse import quote

from lightlab.report.comparison import Comparison
from lightlab.report.configurations import Configuration, setting
from lightlab.report.numbers import chance, duration, mean_and_deviation, plain, short
from lightlab.report.overrides import command
from lightlab.report.run import Run
from lightlab.report.words import Say

_MOST_KEYS = 4  # with a column of their own
_MOST_OTHERS = 3  # metrics beside the one that is compared


@dataclass
class Cell:
    """Attributes:
    sort: what a column of numbers is sorted by.
    kind: ``text``, ``number``, ``outcome``, ``link`` or ``command``.
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
    columns: list[str]
    rows: list[Row]


def configuration_table(comparison: Comparison, say: Say) -> Table:
    """Best first; a column that no configuration fills is left out."""
    others = other_metrics(comparison.runs, comparison.metric)
    columns = ["#", *_key_columns(comparison, say), comparison.metric, "n", say("behind by"), say("chance alone?")]
    columns += others
    columns += [say("epochs to {score}", score=plain(comparison.score)), say("time to it"), say("time"), say("runs")]
    columns += [say("again")]
    rows = [_configuration_row(comparison, index, others, say) for index in range(len(comparison.configurations))]
    return _without_empty_columns(Table(columns, rows))


def run_table(comparison: Comparison, to: Path, say: Say) -> Table:
    """Every run, also those that failed, each with its reason."""
    others = other_metrics(comparison.runs, comparison.metric)
    columns = [say("run"), say("outcome"), *_key_columns(comparison, say), say("seed"), say("fold")]
    columns += [comparison.metric, *others]
    columns += [say("epochs"), say("time"), say("why, and remarks"), say("again")]
    rows = [
        Row(index, _run_cells(comparison, each, run, others, to, say))
        for index, each in enumerate(comparison.configurations)
        for run in each.runs
    ]
    return _without_empty_columns(Table(columns, rows))


def other_metrics(runs: Iterable[Run], metric: str) -> list[str]:
    """On the test rows first, then validation; those of single classes are left out."""
    names = dict.fromkeys(name for run in runs for name in run.metrics if name.count("/") == 1 and name != metric)
    base = metric.partition("/")[0]
    known = [name for name in names if name.endswith(("/test", "/val"))]
    bases = list(dict.fromkeys([base, "loss", *(name.partition("/")[0] for name in known)]))
    known.sort(key=lambda name: (name.endswith("/val"), bases.index(name.partition("/")[0])))
    tests = [name for name in known if name.endswith("/test")][: _MOST_OTHERS - 1]
    return [*tests, *(name for name in known if name.endswith("/val"))][:_MOST_OTHERS]


def link(target: Path, to: Path) -> str:
    """As a page in `to` names it; it never names a scheme, whatever the folder is called."""
    try:
        relative = os.path.relpath(target, to)
    except ValueError:  # another drive
        return target.absolute().as_uri()
    address = quote(Path(relative).as_posix())
    return address if address.startswith("../") else f"./{address}"


def _key_columns(comparison: Comparison, say: Say) -> list[str]:
    if 0 < len(comparison.keys) <= _MOST_KEYS:
        return [say(key) if key == "data found" else key for key in comparison.keys]
    return [say("configuration")]


def _key_cells(comparison: Comparison, configuration: Configuration, run: Run | None = None) -> list[Cell]:
    if not 0 < len(comparison.keys) <= _MOST_KEYS:
        return [Cell(configuration.label or comparison.task)]
    told = {key: setting(run, key) for key in comparison.keys} if run else configuration.settings
    return [Cell(short(text), _sortable(text), more=text if short(text) != text else "") for text in told.values()]


def _configuration_row(comparison: Comparison, index: int, others: list[str], say: Say) -> Row:
    each = comparison.configurations[index]
    best = comparison.configurations[0]
    cells = [Cell(str(index + 1) if each.scores else "–", index, "number"), *_key_cells(comparison, each)]
    cells += [_number(mean_and_deviation(each.mean, each.deviation), each.mean), _count(each)]
    behind = abs(each.mean - best.mean) if each.scores and index else None
    cells += [_number(plain(behind), behind), Cell(_against_the_best(comparison, index, say))]
    for name in others:
        values = each.values(name)
        mean = fmean(values) if values else math.nan
        cells.append(_number(mean_and_deviation(mean, stdev(values) if len(values) > 1 else None), mean))
    cells += _pace(comparison, each)
    seconds = [run.seconds for run in each.judged if run.seconds is not None]
    time = fmean(seconds) if seconds else None
    cells.append(_number(duration(time), time))
    outcomes = dict.fromkeys(run.outcome for run in each.runs)
    told = (f"{sum(run.outcome == outcome for run in each.runs)} {say(outcome)}" for outcome in outcomes)
    cells.append(Cell(", ".join(told)))
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
    text = plain(epochs) + ("" if len(reached) == len(each.judged) else f" ({len(reached)} / {len(each.judged)})")
    seconds = [found for _, found in reached if found is not None]
    time = fmean(seconds) if seconds else None
    return [_number(text, epochs), _number(duration(time), time)]


def _run_cells(
    comparison: Comparison, configuration: Configuration, run: Run, others: list[str], to: Path, say: Say
) -> list[Cell]:
    name = run.folder.name if not run.fold else f"{run.folder.parent.name}/{run.fold}"
    cells = [
        Cell(name, kind="link", more=link(run.folder, to)),
        Cell(run.outcome, kind="outcome", more=say(run.outcome)),
    ]
    cells += [*_key_cells(comparison, configuration, run), _number(run.seed, _sortable(run.seed)), Cell(run.fold)]
    cells += [_number(plain(run.metric(metric)), run.metric(metric)) for metric in (comparison.metric, *others)]
    cells += [_number(str(run.epochs_done or ""), run.epochs_done), _number(duration(run.seconds), run.seconds)]
    told = [run.reason, *(remark for remark in run.remarks if remark != run.reason)]
    cells.append(Cell("; ".join(filter(None, told))))
    cells.append(Cell(command(run.told, [run.seed], run.config_dir), kind="command"))
    return cells


def _number(text: str, value: float | None) -> Cell:
    return Cell(text, value if value is not None and math.isfinite(value) else None, "number")


def _sortable(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _without_empty_columns(table: Table) -> Table:
    kept = [
        index for index in range(len(table.columns)) if any(row.cells[index].text for row in table.rows) or index == 0
    ]
    rows = [Row(row.of, [row.cells[index] for index in kept]) for row in table.rows]
    return Table([table.columns[index] for index in kept], rows)
