"""What a chart holds before it is drawn; templates/chart.svg draws it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lightlab.report.epochs import Series
from lightlab.report.scales import Scale

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
