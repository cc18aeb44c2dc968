"""The pictures that a classifier got wrong, the most confident first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from torch import Tensor


@dataclass(frozen=True)
class Mistake:
    """An image (C, H, W), as the network saw it, and what was made of it."""

    loss: float
    image: Tensor
    target: int
    predicted: int
    probability: float  # of the class predicted


def mistakes_figure(mistakes: Sequence[Mistake], names: Sequence[str], columns: int = 6) -> Figure:
    """A grid of images, each with what was predicted, how surely, and what it is."""
    rows = -(-len(mistakes) // columns)
    figure = Figure(figsize=(1.7 * columns, 2.1 * rows), layout="constrained")
    for index, mistake in enumerate(mistakes):
        axes = figure.add_subplot(rows, columns, index + 1)
        picture = mistake.image.permute(1, 2, 0)
        axes.imshow(picture.squeeze(2).numpy(), cmap="gray" if picture.shape[2] == 1 else None)
        title = f"{names[mistake.predicted]} {mistake.probability:.0%}\nis {names[mistake.target]}"
        axes.set_title(title, fontsize=8)
        axes.axis("off")
    return figure
