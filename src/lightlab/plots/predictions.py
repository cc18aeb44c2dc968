"""Plots of predicted numbers against true ones, and predictions drawn on photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from PIL import Image, ImageDraw, ImageFont

from lightlab.data.images.reading import upright_photo
from lightlab.files import whole_file
from lightlab.plots.style import COLOURS, drawable, font_path, format_number, format_rows, legible
from lightlab.spec import Spec

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
    figure.suptitle(f"{format_rows(len(true), stage)}{drawn} · {_scores(predicted, true)}")
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
    axis.set_major_formatter(FuncFormatter(lambda value, _: format_number(value)))


def _sample(count: int) -> np.ndarray:
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.random.default_rng(0).choice(count, MOST_POINTS, replace=False)


def _scores(predicted: np.ndarray, true: np.ndarray) -> str:
    rmse = float(np.sqrt(((true - predicted) ** 2).mean()))
    variance = float(true.var())
    explained = f" · R² {1 - rmse**2 / variance:.3f}" if variance > 0 else ""
    return f"RMSE {format_number(rmse)}" + explained


SMALLEST, LARGEST = 480, 1600  # pixels of the picture's longer side
NARROWEST = 320  # pixels that words need
MOST_LINES = 3


def write_prediction_figures(photos: Sequence[Path], words: Sequence[str], folder: Path) -> list[Path]:
    """Writes ``<stem>-prediction.png`` for each photo; ``<name>-prediction.png`` where two share a stem.

    Raises:
        DataError: a photo cannot be read.
    """
    stems = Counter(photo.stem for photo in photos)
    written = []
    for photo, said in zip(photos, words, strict=True):
        name = photo.stem if stems[photo.stem] == 1 else photo.name
        written.append(folder / f"{name}-prediction.png")
        with whole_file(written[-1]) as unfinished:
            prediction_figure(upright_photo(photo), said).save(unfinished, format="PNG")
    return written


def prediction_words(columns: Mapping[str, Sequence[Any]], spec: Spec) -> list[str]:
    """What is written on each photo, from the columns that a module's `predict` gives: ``shirt 93%``, ``score 3.5``."""
    if spec.target == "number":
        return [f"{spec.target_name} {format_number(value)}" for value in columns[spec.target_name]]
    first = (spec.class_names or ("0",))[0] if spec.target == "binary" else None
    return [  # of two classes the probability is the second one's
        f"{name} {1 - probability if name == first else probability:.0%}"
        for name, probability in zip(columns["class"], columns["probability"], strict=True)
    ]


def prediction_figure(photo: Image.Image, words: str) -> Image.Image:
    """The photo, enlarged or reduced to a size that words can be read on, with a dark band that carries them.

    The band lies over the photo's foot, or below it where it would hide much of it.
    """
    picture = _resized(photo.convert("RGB"))
    width, height = picture.size
    words = drawable(words)
    size = max(16, width // 20)
    font = ImageFont.truetype(font_path(words), size)
    lines = _wrapped(words, font, width - size)
    band = round(size * (1.3 * len(lines) + 0.5))
    if band > height / 3:
        picture, height = _extended(picture, 0, band), height + band
    shade = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(shade)
    draw.rectangle((0, height - band, width, height), fill=(0, 0, 0, 190))
    for index, line in enumerate(lines):
        middle = height - band + size * (0.9 + 1.3 * index)
        draw.text((size / 2, middle), line, font=font, fill="white", anchor="lm")
    return Image.alpha_composite(picture.convert("RGBA"), shade).convert("RGB")


def _resized(picture: Image.Image) -> Image.Image:
    """Small images are enlarged by a whole factor, so that their pixels are seen as they are."""
    longer = max(picture.size)
    if longer < SMALLEST:
        factor = -(-SMALLEST // longer)
        picture = picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)
    elif longer > LARGEST:
        picture.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    return picture if picture.width >= NARROWEST else _extended(picture, NARROWEST - picture.width, 0)


def _extended(picture: Image.Image, right: int, below: int) -> Image.Image:
    canvas = Image.new("RGB", (picture.width + right, picture.height + below))
    canvas.paste(picture, (right // 2, 0))
    return canvas


def _wrapped(words: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Broken where a line is full, as scripts without spaces need it; what `MOST_LINES` do not hold is cut off."""
    lines = [""]
    for character in words:
        if font.getlength(lines[-1] + character) > width and lines[-1]:
            lines.append("")
        lines[-1] += character
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1][:-1] + "…"]
    return [line.strip() for line in lines]
