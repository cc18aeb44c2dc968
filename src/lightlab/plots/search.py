"""What a search has tried: in order, by each value, and which values mattered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lightlab.plots.style import COLOURS, save

_ENOUGH = 20  # trials: with half as many a parameter without any effect is often given a third
_MARKS = {"complete": "o", "pruned": "x", "failed": "|"}


@dataclass(frozen=True)
class Tried:
    """One trial; `value` is that of its last report where it was pruned, None where it failed."""

    number: int
    value: float | None
    ended: str  # complete, pruned or failed
    parameters: Mapping[str, Any]


def draw_history(trials: Sequence[Tried], metric: str, mode: str, picture: Path) -> None:
    """The metric of each trial, and the best until then; failed trials stand at the lower edge."""
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.add_subplot()
    _scatter(axes, trials, [trial.number for trial in trials])
    complete = [trial for trial in trials if trial.ended == "complete" and trial.value is not None]
    best = _best_so_far([trial.value for trial in complete if trial.value is not None], mode)
    axes.step([trial.number for trial in complete], best, where="post", color=COLOURS[2], label="best so far")
    axes.set(xlabel="trial", ylabel=metric, title="The search, trial by trial")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside right upper")
    save(figure, picture)


def draw_values(trials: Sequence[Tried], axes: Mapping[str, str | Sequence[str]], metric: str, picture: Path) -> None:
    """One chart a parameter: the metric over the values that were tried.

    Args:
        axes: each parameter's: ``linear``, ``log``, or its choices. The first with choices gives the colours.
    """
    columns = min(3, len(axes))
    rows = -(-len(axes) // columns)
    figure = Figure(figsize=(4.2 * columns + 1.8, 3.6 * rows), layout="constrained")
    colours = next(((name, list(axis)) for name, axis in axes.items() if not isinstance(axis, str)), ("", [""]))
    for index, (name, axis) in enumerate(axes.items()):
        chart = figure.add_subplot(rows, columns, index + 1)
        choices = None if isinstance(axis, str) else list(axis)
        places = [choices.index(each.parameters[name]) if choices else each.parameters[name] for each in trials]
        _scatter(chart, trials, places, *colours)
        chart.set(xlabel=name, ylabel=metric if index % columns == 0 else "")
        if isinstance(axis, str):
            chart.set_xscale(axis)
        else:
            chart.set_xticks(range(len(axis)), axis)
            chart.set_xlim(-0.5, len(axis) - 0.5)
    found = [pair for chart in figure.axes for pair in zip(*chart.get_legend_handles_labels(), strict=True)]
    handles = {label: handle for handle, label in found}
    figure.legend(handles.values(), handles, loc="outside right upper")
    figure.suptitle("What each value led to")
    save(figure, picture)


def draw_importance(importance: Mapping[str, float], metric: str, trials: int, picture: Path) -> None:
    """A bar a parameter: its share of the metric's variance, the largest on top (fANOVA, Hutter et al. 2014)."""
    names = sorted(importance, key=lambda name: importance[name])
    figure = Figure(figsize=(7.5, 1.6 + 0.45 * len(names)), layout="constrained")
    axes = figure.add_subplot()
    bars = axes.barh(names, [importance[name] for name in names], color=COLOURS[0])
    axes.bar_label(bars, [f"{importance[name]:.0%}" for name in names], padding=4)
    hint = f" of {trials} trials" + (": few, so a hint" if trials < _ENOUGH else "")
    axes.set(xlabel=f"share of the variance{hint} (fANOVA)", title=f"What {metric} depends on", xlim=(0, 1.1))
    axes.grid(axis="x", alpha=0.3)
    save(figure, picture)


def _scatter(
    chart: Axes, trials: Sequence[Tried], places: Sequence[float], by: str = "", choices: Sequence[str] = ("",)
) -> None:
    """A mark for how a trial ended, a colour for its choice; trials without a value at the lower edge."""
    edge = chart.get_xaxis_transform()
    for index, choice in enumerate(choices):
        for ended, mark in _MARKS.items():
            chosen = [
                (place, trial.value)
                for place, trial in zip(places, trials, strict=True)
                if trial.ended == ended and trial.parameters.get(by, "") == choice
            ]
            known = [(place, value) for place, value in chosen if value is not None]
            unknown = [(place, 0.04) for place, value in chosen if value is None]
            colour, label = COLOURS[index % len(COLOURS)], ", ".join(filter(None, [choice, ended]))
            if known:
                chart.plot(*zip(*known, strict=True), mark, color=colour, label=label, alpha=0.75)
            if unknown:
                chart.plot(*zip(*unknown, strict=True), mark, color=colour, label=label, ms=12, mew=2, transform=edge)
    chart.set_yscale(_scale([trial.value for trial in trials if trial.value is not None]))
    chart.grid(alpha=0.3)


def _scale(values: Sequence[float]) -> str:
    """Logarithmic where the best could not be told apart beside the worst."""
    return "log" if values and min(values) > 0 and max(values) > 1000 * min(values) else "linear"


def _best_so_far(values: Sequence[float], mode: str) -> list[float]:
    better = max if mode == "max" else min
    return [better(values[: index + 1]) for index in range(len(values))]
