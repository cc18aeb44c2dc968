"""The table of configurations: the best first."""

from __future__ import annotations

import math
from statistics import fmean, stdev

from lightlab.report.comparison import Comparison
from lightlab.report.configurations import Configuration
from lightlab.report.numbers import chance, duration, mean_and_deviation, plain
from lightlab.report.overrides import command
from lightlab.report.table import (
    Cell,
    Row,
    Table,
    key_cells,
    key_columns,
    number_cell,
    of_test_rows,
    other_metrics,
    without_empty_columns,
)
from lightlab.report.words import Say


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
