"""The pictures that a classifier got wrong, the most confident first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from torch import Tensor

from lightlab.figures.fonts import legible


@dataclass(frozen=True)
class Mistake:
    """An image (C, H, W) on [0, 1], and what was made of it."""

    loss: float
    image: Tensor
    target: int
    predicted: int
    probability: float  # of the class predicted


def mistakes_figure(mistakes: Sequence[Mistake], names: Sequence[str], columns: int = 6) -> Figure:
    """A grid of images, each with what was predicted, how surely, and what it is."""
    rows = -(-len(mistakes) // columns)
    figure = Figure(figsize=(1.7 * columns, 0.3 + 2.1 * rows), layout="constrained")
    for index, mistake in enumerate(mistakes):
        axes = figure.add_subplot(rows, columns, index + 1)
        axes.imshow(mistake.image.permute(1, 2, 0).numpy(), cmap="gray", vmin=0, vmax=1)  # cmap: of one channel
        said, true = (legible(names[label], most=16) for label in (mistake.predicted, mistake.target))
        title = f"{said} {mistake.probability:.0%}\nis {true}"
        axes.set_title(title, fontsize=8)
        axes.axis("off")
    figure.suptitle("the worst mistakes: what was said and how surely, and what it is", fontsize=10)
    return figure
