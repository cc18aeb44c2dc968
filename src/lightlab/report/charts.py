"""The charts of a report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from lightlab.report.comparison import Comparison
from lightlab.report.runs import Series
from lightlab.report.words import Say, plain


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` become places from `start` to `end`, in pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, self.low / 1e3))
        share = (value - low) / (high - low)
        return round(self.start + min(max(share, -1.0), 2.0) * (self.end - self.start), 1)

    def ticks(self, count: int = 5) -> list[tuple[float, str]]:
        """Places and labels of about so many round values."""
        values = _log_ticks(self.low, self.high) if self.log else []
        values = values if len(values) > 1 else _linear_ticks(self.low, self.high, count)
        return [(self(value), plain(value)) for value in values]


def fitting(values: Iterable[float], start: float, end: float) -> Scale:
    """A scale on which these can be told apart: logarithmic where they span more than a factor of 30.

    What lies beyond a thousand times the median, as of a run that diverges, is cut off.
    """
    found = sorted(value for value in values if math.isfinite(value)) or [0.0, 1.0]
    low, high = found[0], found[-1]
    middle = median(map(abs, found))
    high = min(high, 1e3 * middle) if middle > 0 else high
    low = max(low, -1e3 * middle) if middle > 0 else low
    if low > 0 and high / low > 30:
        low = max(low, high / 1e12)
        return Scale(low / 1.1, high * 1.1, start, end, log=True)
    margin = 0.04 * (high - low) or 0.1 * abs(high) or 0.5
    return Scale(low - margin, high + margin, start, end)


def _linear_ticks(low: float, high: float, count: int) -> list[float]:
    rough = (high - low) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= 0.75 * rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [index * step for index in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = max(1, (last - first) // 6)
    steps = (1, 2, 5) if last - first <= 3 else (1,)
    found = [factor * 10.0**power for power in range(first, last + 1, every) for factor in steps]
    return [value for value in found if low <= value <= high]


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


COLOURS = 7  # in report.css, c0 to c6; what comes after them is grey
WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 54, 434, 10, 258
_MOST_POINTS = 120


@dataclass
class Line:
    """Attributes:
    name: of the configuration, or of what a line stands for.
    of: the number of the configuration, by which the legend finds it; -1 for none.
    path: SVG's.
    band: SVG's path around it; empty for none.
    style: ``val``, ``train`` or ``stopped``.
    mark: what stands at its end.
    end: where that is.
    points: place and value of each, for the reader's pointer: ``x:y:text``.
    """

    name: str
    of: int
    path: str
    band: str = ""
    style: str = "val"
    mark: str = ""
    end: tuple[float, float] = (0.0, 0.0)
    points: str = ""
    dots: list[tuple[float, float, float, float]] = field(default_factory=list)  # x, y, and of the bar: low, high

    @property
    def colour(self) -> str:
        return colour(self.of)


@dataclass
class Chart:
    title: str
    x_label: str
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    lines: list[Line]
    note: str = ""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM


def colour(index: int) -> str:
    """The class of a configuration by its rank: the first seven have colours of their own."""
    return f"c{index}" if 0 <= index < COLOURS else "rest"


def path(points: Iterable[tuple[float, float]]) -> str:
    places = [f"{x:g} {y:g}" for x, y in points]
    if len(places) == 1:
        places *= 2  # with round ends a line of no length is a dot
    return "M" + "L".join(places) if places else ""


def band(series: Series, spread: Series, x: Scale, y: Scale) -> str:
    """One standard deviation to either side of `series`, where it has one."""
    epochs = [epoch for epoch in thinned(list(series)) if epoch in spread]
    if len(epochs) < 2:
        return ""
    upper = [(x(epoch), _inside(y, series[epoch] + spread[epoch])) for epoch in epochs]
    lower = [(x(epoch), _inside(y, series[epoch] - spread[epoch])) for epoch in reversed(epochs)]
    return path([*upper, *lower]) + "Z"


def thinned(epochs: Sequence[int]) -> list[int]:
    """At most 120 of them, evenly, the last among them."""
    step = -(-len(epochs) // _MOST_POINTS) or 1
    return sorted({*epochs[::step], *epochs[-1:]})


def spread_marks(lines: list[Line], height: float = 11) -> None:
    """Moves the marks at the lines' ends apart, so that each can be read."""
    marked = sorted((line for line in lines if line.mark), key=lambda line: line.end[1])
    if len(marked) * height > BOTTOM - TOP:
        return
    floor = float(TOP)
    for line in marked:
        line.end = (line.end[0], max(line.end[1], floor))
        floor = line.end[1] + height
    ceiling = float(BOTTOM)
    for line in reversed(marked):
        line.end = (line.end[0], min(line.end[1], ceiling))
        ceiling = line.end[1] - height


def _inside(y: Scale, value: float) -> float:
    return y(max(value, y.low)) if y.log else y(value)
