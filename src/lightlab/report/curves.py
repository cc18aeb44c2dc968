"""The curves of all configurations on one chart, a chart a metric."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lightlab.report.charts import BOTTOM, COLOURS, LEFT, RIGHT, TOP, Chart, Line, band, path, spread_marks, thinned
from lightlab.report.comparison import Comparison
from lightlab.report.epochs import Series
from lightlab.report.numbers import plain
from lightlab.report.scales import Scale, fitting
from lightlab.report.words import Say

_SPLITS = ("train", "val")
_MOST_CHARTS = 6
_MOST_STOPPED = 60  # runs that are drawn one by one because they did not end


def curve_charts(comparison: Comparison, say: Say) -> list[Chart]:
    """First loss and the monitored metric; then the learning rate, if it changes; then the other metrics."""
    charts = (_chart(comparison, metric, say) for metric in _metrics(comparison))
    return [chart for chart in charts if chart][:_MOST_CHARTS]


def _metrics(comparison: Comparison) -> list[str]:
    names = dict.fromkeys(name for run in comparison.runs for name in run.epochs.series)
    bases = dict.fromkeys(name.partition("/")[0] for name in names if name.partition("/")[2] in _SPLITS)
    first = [name for name in ("loss", comparison.metric.partition("/")[0]) if name in bases]
    rate = ["learning_rate"] if _rate_changes(comparison) else []
    return list(dict.fromkeys([*first, *rate, *bases]))


def _rate_changes(comparison: Comparison) -> bool:
    return any(len(set(run.curve("learning_rate").values())) > 1 for run in comparison.runs)


def _chart(comparison: Comparison, metric: str, say: Say) -> Chart | None:
    columns = [metric] if metric == "learning_rate" else [f"{metric}/{split}" for split in _SPLITS]
    curves = [curve for column in columns for curve in _curves(comparison, column)]
    values = [value for curve in curves for value in curve.series.values()]
    epochs = [epoch for curve in curves for epoch in curve.series]
    if not epochs:
        return None
    x = Scale(min(epochs) if max(epochs) > min(epochs) else 0, max(*epochs, 1), LEFT, RIGHT)
    y = fitting(values, BOTTOM, TOP)
    marked = "val" if any(curve.style == "val" for curve in curves) else "train"
    lines = [_line(curve, x, y, marked) for curve in curves]
    spread_marks(lines)
    title = metric.replace("_", " ") + (f" ({say('logarithmic')})" if y.log else "")
    return Chart(title, say("epoch"), _whole_ticks(x), y.ticks(), lines)


@dataclass
class _Curve:
    name: str
    of: int
    style: str
    series: Series
    spread: Series


def _curves(comparison: Comparison, column: str) -> Iterator[_Curve]:
    """The worst first, so that the best lies on top; runs that did not end one by one."""
    split = column.partition("/")[2]
    stopped = 0
    for index, configuration in reversed(list(enumerate(comparison.configurations))):
        name = configuration.label or comparison.task
        for run in configuration.runs:
            if run.outcome != "done" and run.curve(column) and stopped < _MOST_STOPPED:
                stopped += 1
                yield _Curve(f"{name} ({run.folder.name})", index, "stopped", run.curve(column), {})
        mean, spread = configuration.mean_curve(column)
        if mean:
            yield _Curve(name, index, "train" if split == "train" else "val", mean, spread)


def _line(curve: _Curve, x: Scale, y: Scale, marked: str) -> Line:
    epochs = thinned(list(curve.series))
    points = [(x(epoch), y(curve.series[epoch])) for epoch in epochs]
    coloured = curve.of < COLOURS
    line = Line(curve.name, curve.of, path(points), style=curve.style, end=points[-1])
    if coloured:
        line.band = band(curve.series, curve.spread, x, y)
        line.mark = "×" if curve.style == "stopped" else str(curve.of + 1) if curve.style == marked else ""
    if curve.style != "stopped":
        told = ((epoch, place, curve.series[epoch]) for epoch, place in zip(epochs, points, strict=True))
        line.points = " ".join(f"{at[0]:g},{at[1]:g},{epoch},{plain(value)}" for epoch, at, value in told)
    return line


def _whole_ticks(x: Scale) -> list[tuple[float, str]]:
    """Epochs have no halves."""
    return [(place, text) for place, text in x.ticks() if "." not in text]
