"""Grids of inputs: images, points or table rows with their labels, and the worst mistakes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imread
from torch import Tensor

from lightlab.plots.style import COLOURS, ShownFigure, charts, format_number, format_rows, label_text
from lightlab.spec import Spec

GAP = 0.06  # inches, as all lengths here
LINE = 0.17  # the height of a line of text
HEAD = 0.35  # the height of the title
MOST_POINT_FEATURES = 3  # more are a table
MOST_COLUMNS = 40


def picture_figure(path: Path) -> Figure:
    """Shows a picture's file in a figure of its size."""
    pixels = imread(path)
    height, width = pixels.shape[:2]
    figure = ShownFigure(figsize=(width / 100, height / 100), dpi=100)
    figure.figimage(pixels)
    return figure


def image_grid(images: Sequence[Tensor], captions: Sequence[str], title: str, columns: int, width: float) -> Figure:
    """Images (C, H, W) of one shape on [0, 1], all in one pair of axes: a pair each takes four times as long to draw.

    Args:
        captions: one an image, all of equally many lines.
        width: of an image, in inches.
    """
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    above = LINE * (captions[0].count("\n") + 1) + GAP
    height = width * images[0].shape[1] / images[0].shape[2]
    size = (max(columns * (width + GAP) + GAP, 0.08 * len(title)), HEAD + rows * (height + above + GAP))
    figure = Figure(figsize=size)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.text(size[0] / 2, 0.18, title, ha="center", va="center", fontsize=10)
    for index, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left = GAP + index % columns * (width + GAP)
        top = HEAD + index // columns * (height + above + GAP) + above
        axes.text(left + width / 2, top - GAP / 2, caption, ha="center", va="bottom", fontsize=8)
        extent = (left, left + width, top + height, top)
        axes.imshow(image.permute(1, 2, 0).numpy(), cmap="gray", vmin=0, vmax=1, extent=extent, aspect="auto")
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0))  # after the images, each of which sets them
    return figure


def inputs_figure(inputs: Tensor, targets: Tensor, spec: Spec) -> Figure:
    """A grid of images (N, C, H, W) on [0, 1]; features (N, d) as a scatter each if they are few, else as a heat map.

    Args:
        targets: (N,) labels or (N, 1) numbers in their own unit.
    """
    if inputs.ndim == 4:
        suffix = f", each with its {label_text(spec.target_name)}" if spec.target == "number" else ""
        title = f"training inputs as the network sees them{suffix}"
        return image_grid(list(inputs), _labels(targets, spec), title, columns=8, width=1.45)
    features = inputs.flatten(1).numpy()
    count = features.shape[1]
    names = [label_text(name) for name in spec.input_names]
    names = names if len(names) == count else [f"x{index + 1}" for index in range(count)]
    return (_points if count <= MOST_POINT_FEATURES else _table)(features, names, targets, spec)


def _points(features: np.ndarray, names: list[str], targets: Tensor, spec: Spec) -> Figure:
    figure, panels = charts(len(names), columns=MOST_POINT_FEATURES, width=4.2, height=3.4)
    for axes, name, feature in zip(panels, names, features.T, strict=True):
        axes.scatter(feature, targets.flatten().numpy(), color=COLOURS[0], alpha=0.8)
        axes.set(xlabel=name, ylabel=label_text(spec.target_name))
        axes.grid(alpha=0.3)
        if spec.target != "number":
            classes = spec.class_names or ("0", "1")
            axes.set_yticks(range(len(classes)), [label_text(name) for name in classes])
    figure.suptitle(format_rows(len(features), "training"), fontsize=10)
    return figure


def _table(features: np.ndarray, names: list[str], targets: Tensor, spec: Spec) -> Figure:
    """Blue is below 0 and red above, in standard deviations where columns were standardised."""
    shown = features[:, :MOST_COLUMNS]
    rows, columns = shown.shape
    figure, (axes,) = charts(1, columns=1, width=3.4 + 0.26 * columns, height=2.6 + 0.24 * rows)
    largest = float(abs(shown).max())
    limit = max(1e-9, min(3.0, largest))
    image = axes.imshow(shown, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    axes.set_xticks(range(columns), names[:columns], rotation=90, fontsize=8)
    axes.set_yticks(range(rows), _labels(targets, spec), fontsize=8)
    axes.set_ylabel(label_text(spec.target_name))
    part = f"the first {columns} of {len(names):,} columns" if len(names) > columns else f"{columns} columns"
    axes.set_title(f"{format_rows(rows, 'training')}, {part}, as the network sees them", fontsize=10)
    figure.colorbar(image, ax=axes, extend="both" if largest > limit else "neither", shrink=0.8)
    return figure


def _labels(targets: Tensor, spec: Spec) -> list[str]:
    values = targets.flatten().tolist()
    if spec.target == "number":
        return [format_number(value) for value in values]
    classes = spec.class_names or ("0", "1")
    return [label_text(classes[int(value)], most=16) for value in values]


@dataclass(frozen=True)
class Mistake:
    """An image (C, H, W) on [0, 1] with its label and a wrong prediction."""

    loss: float
    image: Tensor
    target: int
    predicted: int
    probability: float  # of the class predicted


def mistakes_figure(mistakes: Sequence[Mistake], names: Sequence[str], columns: int = 6) -> Figure:
    """A grid of images, each with its prediction, the prediction's probability, and its true class."""
    captions = []
    for mistake in mistakes:
        predicted, true = (label_text(names[label], most=16) for label in (mistake.predicted, mistake.target))
        captions.append(f"{predicted} {mistake.probability:.0%}\nis {true}")
    title = "the worst mistakes: prediction with its probability, and the true class"
    return image_grid([mistake.image for mistake in mistakes], captions, title, columns, width=1.6)
