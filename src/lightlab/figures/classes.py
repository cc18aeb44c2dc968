"""Each class's accuracy, and how sure probabilities are against how right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lightlab.calibration import BINS, Calibration
from lightlab.figures.fonts import legible
from lightlab.figures.style import COLOURS, rows

MOST_CLASSES = 40


def classes_figure(
    names: Sequence[str], right: np.ndarray, counts: np.ndarray, calibration: Calibration, stage: str
) -> Figure:
    """Two charts.

    Args:
        right: (classes,) how many rows of each class were recognized.
        counts: (classes,) how many rows each class has; classes without any are left out.
    """
    shown = min(len(names), MOST_CLASSES)
    figure = Figure(figsize=(11, max(4.4, 1.4 + 0.24 * shown)), layout="constrained")
    bars, reliability = figure.subplots(1, 2)
    _accuracies(bars, names, right, counts)
    _reliability(reliability, calibration, names)
    figure.suptitle(f"{rows(int(counts.sum()), stage)} · {right.sum() / max(counts.sum(), 1):.1%} correct")
    return figure


def _accuracies(axes: Axes, names: Sequence[str], right: np.ndarray, counts: np.ndarray) -> None:
    """The worst on top."""
    present = np.flatnonzero(counts)
    share = right[present] / counts[present]
    order = np.argsort(share, kind="stable")[:MOST_CLASSES]
    labels = [f"{legible(names[each])} ({counts[each]:,})" for each in present[order]]
    axes.barh(range(len(order)), share[order], color=COLOURS[0])
    for place, value in enumerate(share[order]):
        x, colour = (0.01, "white") if value > 0.15 else (value + 0.01, "black")
        axes.text(x, place, f"{value:.1%}", va="center", color=colour, fontsize=8)
    axes.axvline(right.sum() / max(counts.sum(), 1), color="black", linestyle="--", linewidth=1)
    axes.set_yticks(range(len(order)), labels, fontsize=8)
    some = f", the lowest {len(order)} of {len(names)}" if len(order) < len(present) else ""
    absent = len(names) - len(present)
    without = f"\n({absent} without rows left out)" if absent else ""
    axes.set(
        xlim=(0, 1),
        ylim=(max(len(order), 1) - 0.4, -0.6),
        xlabel="share recognized (dashed: all rows)",
        title=f"accuracy by true class{some}{without}",
    )


def _reliability(axes: Axes, calibration: Calibration, names: Sequence[str]) -> None:
    axes.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=1, label="as sure as right")
    middles = (np.minimum((calibration.predicted * BINS).astype(int), BINS - 1) + 0.5) / BINS
    axes.bar(middles, calibration.share, 1 / BINS, color="0.8", label="share of the rows")
    axes.plot(calibration.predicted, calibration.observed, color=COLOURS[1], linewidth=1)
    sizes = 15 + 300 * calibration.share  # a point of a few rows says little
    axes.scatter(calibration.predicted, calibration.observed, sizes, color=COLOURS[1], label="observed", zorder=3)
    two = len(names) == 2
    what = legible(names[1]) if two else ""
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel=f"predicted probability of {what}" if two else "probability of the predicted class (confidence)",
        ylabel=f"share that is {what}" if two else "share that is right (accuracy)",
        title=f"reliability · expected calibration error {calibration.expected_error:.3f}",
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")
