"""A batch of inputs with its labels: images, points or rows of a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from lightlab.figures.fonts import legible
from lightlab.figures.image_grid import image_grid
from lightlab.figures.style import COLOURS, number, rows
from lightlab.spec import Spec

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
    figure.suptitle(rows(len(features), "training"), fontsize=10)
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
    axes.set_title(f"{rows(lines, 'training')}, {shown}, as the network sees them", fontsize=10)
    figure.colorbar(image, ax=axes, extend="both" if largest > limit else "neither", shrink=0.8)
    return figure


def _names(columns: int, spec: Spec) -> list[str]:
    names: Sequence[str] = spec.input_names
    return [legible(each) for each in names] if len(names) == columns else [f"x{each + 1}" for each in range(columns)]


def _labels(targets: Tensor, spec: Spec) -> list[str]:
    values = targets.flatten().tolist()
    if spec.target == "number":
        return [number(value) for value in values]
    classes = spec.class_names or ("0", "1")
    return [legible(classes[int(value)], most=16) for value in values]
