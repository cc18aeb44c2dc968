"""Images in rows, each with words above it."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from torch import Tensor

GAP = 0.06  # inches, as all lengths here
LINE = 0.17  # a line of words


def image_grid(images: Sequence[Tensor], words: Sequence[str], title: str, columns: int, width: float) -> Figure:
    """Images (C, H, W) of one shape on [0, 1], all in one pair of axes: a pair each takes four times as long to draw.

    Args:
        words: of each image, all of equally many lines.
        width: of an image, in inches.
    """
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    above = LINE * (words[0].count("\n") + 1) + GAP
    height = width * images[0].shape[1] / images[0].shape[2]
    size = (max(columns * (width + GAP) + GAP, 0.08 * len(title)), 0.35 + rows * (height + above + GAP))
    figure = Figure(figsize=size)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, size[0]), ylim=(size[1], 0))
    axes.axis("off")
    axes.text(size[0] / 2, 0.18, title, ha="center", va="center", fontsize=10)
    for index, (image, said) in enumerate(zip(images, words, strict=True)):
        left = GAP + index % columns * (width + GAP)
        top = 0.35 + index // columns * (height + above + GAP) + above
        axes.text(left + width / 2, top - GAP / 2, said, ha="center", va="bottom", fontsize=8)
        extent = (left, left + width, top + height, top)
        axes.imshow(image.permute(1, 2, 0).numpy(), cmap="gray", vmin=0, vmax=1, extent=extent, aspect="auto")
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0))  # which each image has moved
    return figure
