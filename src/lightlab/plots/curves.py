"""Curves of one run: losses and metrics from metrics.csv, gradient norms by layer."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lightlab.plots.style import COLOURS, CYCLE, charts, save

Series = tuple[list[int], list[float]]  # epochs, values


def draw_curves(rows: Sequence[Mapping[str, float]], picture: Path) -> None:
    """Writes the figure of `curves_figure`; nothing without an epoch."""
    if (figure := curves_figure(rows)) is not None:
        save(figure, picture)


def curves_figure(rows: Sequence[Mapping[str, float]]) -> Figure | None:
    """Draws one chart a metric, its train and validation curves together, and the learning rate.

    Args:
        rows: of metrics.csv, one an epoch.
    """
    by_metric: dict[str, dict[str, Series]] = defaultdict(dict)
    for row in rows:
        for name, value in row.items():
            metric, _, stage = name.partition("/")
            if name not in ("epoch", "step", "seconds"):
                epochs, values = by_metric[metric].setdefault(stage, ([], []))
                epochs.append(int(row["epoch"]))
                values.append(value)
    if not by_metric:
        return None
    names = sorted(by_metric, key=lambda name: (name != "loss", name == "learning_rate", name))
    figure, panels = charts(len(names), columns=3, width=4.2, height=3.2)
    for axes, name in zip(panels, names, strict=True):
        _draw_metric(axes, name, by_metric[name])
    return figure


def compared_figure(name: str, runs: Mapping[str, Series]) -> Figure:
    """Draws one metric's curve of each run, by the run's label, into one chart."""
    figure, (axes,) = charts(1, columns=1, width=7, height=4.2)
    _draw_metric(axes, name, dict(runs), in_order=True)
    axes.set(ylabel=name)
    return figure


def _draw_metric(axes: Axes, name: str, curves: dict[str, Series], in_order: bool = False) -> None:
    axes.set_prop_cycle(CYCLE)
    drawn = curves.items() if in_order else sorted(curves.items())  # train before val: a colour of its own each
    for stage, (epochs, values) in drawn:
        axes.plot(epochs, values, label=stage, marker="o" if len(epochs) == 1 else None)
    axes.set(title=name.replace("_", " "), xlabel="epoch")
    axes.grid(alpha=0.3)
    if any(curves):
        axes.legend()


def learning_rates_figure(
    rates: Sequence[float], losses: Sequence[float], suggestion: float | None, own: float | None
) -> Figure:
    """The loss by learning rate on a logarithmic axis, with the suggested rate and the config's own as lines."""
    figure, (axes,) = charts(1, columns=1, width=6.5, height=4.0)
    axes.semilogx(rates, losses, color=COLOURS[0])
    for rate, label, colour in ((suggestion, "suggestion", COLOURS[2]), (own, "config", COLOURS[1])):
        if rate is not None:
            axes.axvline(rate, color=colour, linestyle="--", label=f"{label} {rate:.2g}")
            axes.legend()
    axes.set(xlabel="learning rate", ylabel="loss of a batch, smoothed", title="Loss by learning rate")
    axes.grid(alpha=0.3)
    return figure


def layer_gradients_figure(epochs: Sequence[int], norms: Mapping[str, Sequence[float]]) -> Figure:
    """One line a layer, from the first to the last, on a logarithmic axis; `norms` has a value for each epoch."""
    figure, (axes,) = charts(1, columns=1, width=8.5, height=4.5)
    axes.set_prop_cycle(CYCLE)
    for name, values in norms.items():
        axes.semilogy(epochs, [max(value, 1e-12) for value in values], label=name)
    axes.set(xlabel="epoch", ylabel="norm of the weights' gradient", title="Gradients by layer")
    axes.grid(alpha=0.3)
    figure.legend(title="layer, from the input on", loc="outside right upper")
    return figure
