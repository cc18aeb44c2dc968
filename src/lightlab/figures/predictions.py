"""How well numbers are predicted: scatter, residuals and means by decile."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from lightlab.figures.fonts import legible
from lightlab.figures.style import COLOURS, number, rows

MOST_POINTS = 5_000  # more would only blacken the picture
BINS = 10


def predictions_figure(
    predicted: np.ndarray, true: np.ndarray, name: str, stage: str, logarithmic: bool = False
) -> Figure:
    """Three charts of predictions (N,) and true values (N,) of the quantity `name`, in its own unit.

    Args:
        logarithmic: draw the two scatters on logarithmic axes; all values are above 0 then.
    """
    figure = Figure(figsize=(13.5, 4.4), layout="constrained")
    scatter, residuals, calibration = figure.subplots(1, 3)
    chosen = _sample(len(true))
    name = legible(name)
    _scatter(scatter, predicted[chosen], true[chosen], name)
    _residuals(residuals, predicted[chosen], true[chosen], name)
    _by_decile(calibration, predicted, true, name)
    if logarithmic:
        for axes in (scatter, calibration):
            axes.set(xscale="log", yscale="log")
        residuals.set(xscale="log")
    for axes in (scatter, residuals, calibration):
        _write_ticks(axes.xaxis)
        _write_ticks(axes.yaxis)
    drawn = f" ({len(chosen):,} drawn)" if len(chosen) < len(true) else ""
    figure.suptitle(f"{rows(len(true), stage)}{drawn} · {_scores(predicted, true)}")
    return figure


def by_prediction(predicted: np.ndarray, true: np.ndarray, bins: int = BINS) -> list[tuple[float, float, float]]:
    """Of `bins` bins of equally many rows, by prediction: mean prediction, mean truth, standard error of the latter
    minus the former."""
    groups = np.array_split(np.argsort(predicted, kind="stable"), min(bins, len(true)))
    return [
        (float(x.mean()), float(y.mean()), float((y - x).std() / np.sqrt(len(x))))
        for x, y in ((predicted[chosen], true[chosen]) for chosen in groups)
    ]


def _scatter(axes: Axes, predicted: np.ndarray, true: np.ndarray, name: str) -> None:
    _dots(axes, predicted, true)
    _diagonal(axes, np.concatenate([predicted, true]))
    axes.set(xlabel=f"predicted {name}", ylabel=f"true {name}", title="truth against prediction")


def _residuals(axes: Axes, predicted: np.ndarray, true: np.ndarray, name: str) -> None:
    _dots(axes, predicted, true - predicted)
    axes.axhline(0, color="black", linestyle="--", linewidth=1)
    axes.set(xlabel=f"predicted {name}", ylabel=f"true - predicted {name}", title="residuals")


def _by_decile(axes: Axes, predicted: np.ndarray, true: np.ndarray, name: str) -> None:
    x, y, error = (np.array(values) for values in zip(*by_prediction(predicted, true), strict=True))
    _diagonal(axes, np.concatenate([x, y]))
    axes.errorbar(x, y, _bars(y, 2 * error), fmt="o", color=COLOURS[1], capsize=3, label="mean ± 2 std. errors")
    axes.set(xlabel=f"mean predicted {name}", ylabel=f"mean true {name}", title="means by tenth of the predictions")
    axes.legend()


def _bars(values: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Bars (2, N) that do not reach below 0 where all values are above it, as a logarithmic axis needs."""
    lower = np.minimum(errors, 0.95 * values) if (values > 0).all() else errors
    return np.stack([lower, errors])


def _dots(axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    few = len(x) <= 300
    axes.scatter(x, y, s=22 if few else 9, alpha=0.7 if few else 0.3, color=COLOURS[0], linewidths=0)
    axes.grid(alpha=0.3)


def _diagonal(axes: Axes, values: np.ndarray) -> None:
    ends = [values.min(), values.max()]
    axes.plot(ends, ends, color="black", linestyle="--", linewidth=1)
    axes.grid(alpha=0.3)


def _write_ticks(axis: Axis) -> None:
    """Few, as numbers without powers of ten take more room."""
    if axis.get_scale() == "log":
        axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
        axis.set_minor_locator(NullLocator())
    else:
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def _sample(count: int) -> np.ndarray:
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.random.default_rng(0).choice(count, MOST_POINTS, replace=False)


def _scores(predicted: np.ndarray, true: np.ndarray) -> str:
    rmse = float(np.sqrt(((true - predicted) ** 2).mean()))
    variance = float(true.var())
    explained = f" · R² {1 - rmse**2 / variance:.3f}" if variance > 0 else ""
    return f"RMSE {number(rmse)}" + explained
