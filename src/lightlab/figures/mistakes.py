"""The pictures that a classifier got wrong, the most confident first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from torch import Tensor

from lightlab.figures.fonts import legible
from lightlab.figures.image_grid import image_grid


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
    words = []
    for mistake in mistakes:
        said, true = (legible(names[label], most=16) for label in (mistake.predicted, mistake.target))
        words.append(f"{said} {mistake.probability:.0%}\nis {true}")
    title = "the worst mistakes: what was said and how surely, and what it is"
    return image_grid([mistake.image for mistake in mistakes], words, title, columns, width=1.6)
