"""The table of runs: each of them, also those that failed."""

from __future__ import annotations

from pathlib import Path

from lightlab.report.comparison import Comparison
from lightlab.report.configurations import Configuration
from lightlab.report.numbers import as_number, duration, plain
from lightlab.report.overrides import command
from lightlab.report.run import Run
from lightlab.report.table import (
    Cell,
    Row,
    Table,
    key_cells,
    key_columns,
    link,
    number_cell,
    of_test_rows,
    other_metrics,
    without_empty_columns,
)
from lightlab.report.words import Say


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
