"""Curves of one run: losses and metrics from metrics.csv, gradient norms by layer."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lightlab.plots.style import CYCLE, save

Series = tuple[list[int], list[float]]  # epochs, values


def draw_curves(metrics_csv: Path, picture: Path) -> None:
    """One chart a metric, its train and validation curves together, and the learning rate; nothing without an epoch."""
    series = read_series(metrics_csv) if metrics_csv.is_file() else {}
    charts: dict[str, dict[str, Series]] = defaultdict(dict)
    for name, values in series.items():
        metric, _, stage = name.partition("/")
        charts[metric][stage or name] = values
    if charts:
        save(_figure(charts), picture)


def read_series(metrics_csv: Path) -> dict[str, Series]:
    """Each column of a metrics.csv by epoch, empty cells left out."""
    series: dict[str, Series] = {}
    with metrics_csv.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for name, cell in row.items():
                if cell and name not in ("epoch", "step", "seconds"):
                    epochs, values = series.setdefault(name, ([], []))
                    epochs.append(int(row["epoch"]))
                    values.append(float(cell))
    return series


def _figure(charts: dict[str, dict[str, Series]]) -> Figure:
    names = sorted(charts, key=lambda name: (name != "loss", name == "learning_rate", name))
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(4.2 * columns, 3.2 * rows), layout="constrained")
    for index, name in enumerate(names):
        _chart(figure.add_subplot(rows, columns, index + 1), name, charts[name])
    return figure


def _chart(axes: Axes, name: str, curves: dict[str, Series]) -> None:
    axes.set_prop_cycle(CYCLE)
    for stage, (epochs, values) in sorted(curves.items()):  # train before val: a colour of its own in every chart
        axes.plot(epochs, values, label=stage, marker="o" if len(epochs) == 1 else None)
    axes.set(title=name.replace("_", " "), xlabel="epoch")
    axes.grid(alpha=0.3)
    if list(curves) != [name]:
        axes.legend()


def layer_gradients_figure(epochs: Sequence[int], norms: Mapping[str, Sequence[float]]) -> Figure:
    """One line a layer, from the first to the last, on a logarithmic axis; `norms` has a value for each epoch."""
    figure = Figure(figsize=(8.5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.set_prop_cycle(CYCLE)
    for name, values in norms.items():
        axes.plot(epochs, [max(value, 1e-12) for value in values], label=name)
    axes.set(yscale="log", xlabel="epoch", ylabel="norm of the weights' gradient", title="What reaches each layer")
    axes.grid(alpha=0.3)
    figure.legend(title="layer, from the input on", loc="outside right upper")
    return figure
