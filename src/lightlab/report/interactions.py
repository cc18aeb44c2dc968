"""How settings act together: lines of one over the other, a map of two that are numbers, the score over a number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median_high, stdev

from lightlab.report.charts import BOTTOM, COLOURS, LEFT, RIGHT, TOP, Chart, Line, Scale, fitting, path, spread_marks
from lightlab.report.comparison import Comparison
from lightlab.report.words import Say, as_number, plain, short

_MOST_VALUES = 12  # of a key, for it to be a line or an axis of a map
_MOST_CHARTS = 3


@dataclass
class HeatMap:
    """Attributes:
    cells: rows of (text, place between the worst, 0, and the best, 1); None where nothing was run to its end.
    """

    title: str
    x_label: str
    y_label: str
    x_values: list[str]
    y_values: list[str]
    cells: list[list[tuple[str, float] | None]]


def interactions(comparison: Comparison, say: Say) -> list[Chart | HeatMap]:
    """One for each pair of swept keys that were crossed, averaged over the other keys; at most three."""
    found = []
    for first, second in combinations(comparison.keys, 2):
        table = _table(comparison, first, second)
        if _is_crossed(table):
            found.append(_pair(comparison, first, second, table, say))
    return found[:_MOST_CHARTS]


def responses(comparison: Comparison, say: Say) -> list[Chart]:
    """The score over each key whose values are numbers, three of them or more, and that no crossing shows."""
    pairs = interactions(comparison, say)
    shown = {chart.x_label for chart in pairs} | {chart.y_label for chart in pairs if isinstance(chart, HeatMap)}
    charts = []
    for key in (key for key in comparison.keys if key not in shown):
        numbers = {as_number(value) for value in _values(comparison, key)}
        if len(numbers) > 2 and None not in numbers:
            charts.append(_response(comparison, key, say))
    return charts[:_MOST_CHARTS]


Table = dict[tuple[str, str], list[float]]


def _table(comparison: Comparison, first: str, second: str) -> Table:
    table: Table = {}
    for each in comparison.scored:
        table.setdefault((each.settings[first], each.settings[second]), []).extend(each.scores)
    return table


def _is_crossed(table: Table) -> bool:
    """Whether most values of each key met several of the other, as in a grid; those that a search draws do not."""
    for counts in (Counter(first for first, _ in table), Counter(second for _, second in table)):
        if not 1 < len(counts) <= _MOST_VALUES or median_high(counts.values()) < 2:
            return False
    return True


def _values(comparison: Comparison, key: str) -> list[str]:
    """Of the configurations that have a score; numbers in their order, the rest as they were run."""
    values = list(dict.fromkeys(each.settings[key] for each in comparison.scored))
    if all(as_number(value) is not None for value in values):
        return sorted(values, key=float)
    typed = list(dict.fromkeys(run.overrides.get(key, "") for run in comparison.runs))
    return sorted(values, key=lambda value: typed.index(value) if value in typed else len(typed))


def _pair(comparison: Comparison, first: str, second: str, table: Table, say: Say) -> Chart | HeatMap:
    numeric = [key for key in (first, second) if all(as_number(each) is not None for each in _values(comparison, key))]
    if len(numeric) == 2:
        return _heat_map(comparison, first, second, table, say)
    across = numeric[0] if numeric else max(first, second, key=lambda key: len(_values(comparison, key)))
    lines = second if across == first else first
    turned = table if across == first else {(x, line): scores for (line, x), scores in table.items()}
    return _lines(comparison, across, lines, turned, say)


def _lines(comparison: Comparison, across: str, of: str, table: Table, say: Say) -> Chart:
    places = _values(comparison, across)
    right = RIGHT - 60  # beside it stand the lines' names
    step = (right - LEFT) / len(places)
    x = {value: LEFT + step * (index + 0.5) for index, value in enumerate(places)}
    y = fitting([fmean(scores) for scores in table.values()], BOTTOM, TOP)
    drawn = []
    for index, value in enumerate(_values(comparison, of)):
        points = [(x[place], table[place, value]) for place in places if (place, value) in table]
        drawn.append(_with_bars(f"{of}={short(value)}", index % COLOURS, points, y))
        drawn[-1].mark = short(value)[:14]
    spread_marks(drawn)
    title = say("{metric} by {x}, a line for each {line}", metric=comparison.metric, x=across, line=of)
    return Chart(title, across, [(x[value], short(value)) for value in places], y.ticks(), drawn, right=right)


def _response(comparison: Comparison, key: str, say: Say) -> Chart:
    """A line where nothing else differs; else a dot a configuration, in its colour."""
    scored = sorted(enumerate(comparison.scored), key=lambda each: float(each[1].settings[key]))
    x = fitting([float(each.settings[key]) for _, each in scored], LEFT, RIGHT)
    y = fitting([each.mean for _, each in scored], BOTTOM, TOP)
    points = [(x(float(each.settings[key])), each.scores) for _, each in scored]
    if len(comparison.keys) == 1:
        lines = [_with_bars(key, 0, points, y)]
    else:
        lines = [_with_bars(each.label, rank, [at], y) for (rank, each), at in zip(scored, points, strict=True)]
    return Chart(say("{metric} by {x}", metric=comparison.metric, x=key), key, x.ticks(), y.ticks(), lines)


def _with_bars(name: str, of: int, points: list[tuple[float, list[float]]], y: Scale) -> Line:
    """A line through means, with a bar of one standard deviation to either side where there are several values."""
    means = [(x, fmean(scores), stdev(scores) if len(scores) > 1 else 0.0) for x, scores in points]
    places = [(x, y(mean)) for x, mean, _ in means]
    line = Line(name, of, path(places), end=places[-1] if places else (0.0, 0.0))
    line.dots = [(x, y(mean), y(mean - deviation), y(mean + deviation)) for x, mean, deviation in means]
    line.points = " ".join(f"{x:g},{y(mean):g},,{plain(mean)}" for x, mean, _ in means)
    return line


def _heat_map(comparison: Comparison, first: str, second: str, table: Table, say: Say) -> HeatMap:
    means = {key: fmean(scores) for key, scores in table.items()}
    order = sorted(means.values(), reverse=not comparison.larger_is_better)
    share = {
        mean: index / max(1, len(order) - 1) for index, mean in enumerate(order)
    }  # by rank: one outlier hides none
    rows, columns = _values(comparison, first), _values(comparison, second)
    title = say("{metric} by {x} and {y}: the darker, the better", metric=comparison.metric, x=second, y=first)
    cells = [
        [
            (plain(means[row, column]), share[means[row, column]]) if (row, column) in means else None
            for column in columns
        ]
        for row in rows
    ]
    return HeatMap(title, second, first, [*map(short, columns)], [*map(short, rows)], cells)
