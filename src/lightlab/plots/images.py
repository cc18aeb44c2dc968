"""Grids of inputs: images, points or table rows with their labels, and the worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from lightlab.plots.style import COLOURS, format_number, format_rows, legible
from lightlab.spec import Spec

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


MOST_POINT_FEATURES = 3  # more are a table
MOST_COLUMNS = 40


def inputs_figure(inputs: Tensor, targets: Tensor, spec: Spec) -> Figure:
    """A grid of images (N, C, H, W) on [0, 1], or of features (N, d) a scatter each where few, else a heat map.

    Args:
        targets: (N,) labels or (N, 1) numbers in their own unit.
    """
    if inputs.ndim == 4:
        return _images(inputs, targets, spec)
    features = inputs.flatten(1).numpy()
    few = features.shape[1] <= MOST_POINT_FEATURES
    return (_points if few else _table)(features, targets, spec)


def _images(images: Tensor, targets: Tensor, spec: Spec) -> Figure:
    what = f", each with its {legible(spec.target_name)}" if spec.target == "number" else ""
    title = f"training inputs as the network sees them{what}"
    return image_grid(list(images), _labels(targets, spec), title, columns=8, width=1.45)


def _points(features: np.ndarray, targets: Tensor, spec: Spec) -> Figure:
    names = _names(features.shape[1], spec)
    figure = Figure(figsize=(4.2 * len(names), 3.4), layout="constrained")
    for index, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), index + 1)
        axes.scatter(features[:, index], targets.flatten().numpy(), color=COLOURS[0], alpha=0.8)
        axes.set(xlabel=name, ylabel=legible(spec.target_name))
        axes.grid(alpha=0.3)
        if spec.target != "number":
            classes = spec.class_names or ("0", "1")
            axes.set_yticks(range(len(classes)), [legible(each) for each in classes])
    figure.suptitle(format_rows(len(features), "training"), fontsize=10)
    return figure


def _table(features: np.ndarray, targets: Tensor, spec: Spec) -> Figure:
    """Blue is below 0 and red above, in standard deviations where columns were standardised."""
    every = features.shape[1]
    names, features = _names(every, spec)[:MOST_COLUMNS], features[:, :MOST_COLUMNS]
    lines, columns = features.shape
    figure = Figure(figsize=(3.4 + 0.26 * columns, 2.6 + 0.24 * lines), layout="constrained")
    axes = figure.add_subplot()
    largest = float(abs(features).max())
    limit = max(1e-9, min(3.0, largest))
    image = axes.imshow(features, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    axes.set_xticks(range(columns), names, rotation=90, fontsize=8)
    axes.set_yticks(range(lines), _labels(targets, spec), fontsize=8)
    shown = f"the first {columns} of {every:,} columns" if every > columns else f"{columns} columns"
    axes.set(ylabel=legible(spec.target_name))
    axes.set_title(f"{format_rows(lines, 'training')}, {shown}, as the network sees them", fontsize=10)
    figure.colorbar(image, ax=axes, extend="both" if largest > limit else "neither", shrink=0.8)
    return figure


def _names(columns: int, spec: Spec) -> list[str]:
    names: Sequence[str] = spec.input_names
    return [legible(each) for each in names] if len(names) == columns else [f"x{each + 1}" for each in range(columns)]


def _labels(targets: Tensor, spec: Spec) -> list[str]:
    values = targets.flatten().tolist()
    if spec.target == "number":
        return [format_number(value) for value in values]
    classes = spec.class_names or ("0", "1")
    return [legible(classes[int(value)], most=16) for value in values]


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
