"""A confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lightlab.figures.fonts import legible

MOST_WITH_NUMBERS = 25  # classes; of more, shades alone can be read


def confusion_figure(counts: np.ndarray, names: Sequence[str], threshold: float | None = None) -> Figure:
    """Rows are the true classes, columns the predicted ones; shades are shares of a row, numbers are counts.

    Args:
        counts: (classes, classes).
        threshold: the probability from which on the second of two classes was predicted.
    """
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    many = len(names) > MOST_WITH_NUMBERS
    inches = 2.5 + (0.16 if many else 0.55) * len(names)
    figure = Figure(figsize=(inches + 0.6, inches), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    at = "" if threshold is None else f"\nat threshold {threshold:g}"
    axes.set(xlabel="predicted", ylabel="true", title=f"{np.trace(counts) / max(counts.sum(), 1):.1%} correct{at}")
    labels, size = [legible(name) for name in names], 6 if many else 10
    turned = {"rotation": 90, "ha": "center"} if many else {"rotation": 45, "ha": "right"}
    axes.set_xticks(range(len(names)), labels, fontsize=size, **turned)  # type: ignore[arg-type]
    axes.set_yticks(range(len(names)), labels, fontsize=size)
    if not many:
        _write_counts(axes, counts, shares)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8, fraction=0.08, pad=0.03)
    return figure


def _write_counts(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    size = 8 if len(counts) > 5 else 11
    for row, column in np.argwhere(counts > 0):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=size)
