"""Plots of predicted numbers against true ones, and predictions drawn on photos."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from PIL import Image, ImageDraw, ImageFont, ImageOps
from PIL.PngImagePlugin import PngInfo

from lightlab.data.images.reading import upright_photo
from lightlab.files import whole_file
from lightlab.plots.style import (
    COLOURS,
    charts,
    font_path,
    format_number,
    format_rows,
    label_text,
    replace_missing_glyphs,
)
from lightlab.spec import Spec

MOST_POINTS = 5_000  # more would only blacken the picture
BINS = 10
SMALLEST, LARGEST = 480, 1600  # pixels of a photo's longer side
NARROWEST = 320  # pixels that text needs
MOST_LINES = 3
_ORIGIN = "lightlab photo"  # a figure's text chunk: the hash of its photo's path


def predictions_figure(
    predicted: np.ndarray, true: np.ndarray, name: str, stage: str, logarithmic: bool = False
) -> Figure:
    """Three charts of predictions (N,) and true values (N,) of the quantity `name`, in its own unit.

    Args:
        logarithmic: draw the two scatters on logarithmic axes; all values are above 0 then.
    """
    figure, (scatter, residuals, calibration) = charts(3, columns=3, width=4.5, height=4.4)
    drawn = np.arange(len(true))
    if len(true) > MOST_POINTS:
        drawn = np.random.default_rng(0).choice(len(true), MOST_POINTS, replace=False)
    name = label_text(name)
    _draw_points(scatter, predicted[drawn], true[drawn])
    _draw_diagonal(scatter, np.concatenate([predicted[drawn], true[drawn]]))
    scatter.set(xlabel=f"predicted {name}", ylabel=f"true {name}", title="true against predicted")
    _draw_points(residuals, predicted[drawn], (true - predicted)[drawn])
    residuals.axhline(0, color="black", linestyle="--", linewidth=1)
    residuals.set(xlabel=f"predicted {name}", ylabel=f"true - predicted {name}", title="residuals")
    _draw_means(calibration, predicted, true, name)
    if logarithmic:
        for axes in (scatter, calibration):
            axes.set_yscale("log")
    for axes in (scatter, residuals, calibration):
        axes.set_xscale("log" if logarithmic else "linear")
        axes.grid(alpha=0.3)
        _format_ticks(axes.xaxis)
        _format_ticks(axes.yaxis)
    suffix = f" ({len(drawn):,} drawn)" if len(drawn) < len(true) else ""
    figure.suptitle(f"{format_rows(len(true), stage)}{suffix} · {_scores(predicted, true)}")
    return figure


def mean_by_bin(predicted: np.ndarray, true: np.ndarray, bins: int = BINS) -> list[tuple[float, float, float]]:
    """Sorts rows by prediction into `bins` bins of equally many.

    Returns:
        A bin's mean prediction, its mean true value, and the standard error of their difference.
    """
    groups = np.array_split(np.argsort(predicted, kind="stable"), min(bins, len(true)))
    return [
        (float(x.mean()), float(y.mean()), float((y - x).std() / np.sqrt(len(x))))
        for x, y in ((predicted[chosen], true[chosen]) for chosen in groups)
    ]


def _draw_means(axes: Axes, predicted: np.ndarray, true: np.ndarray, name: str) -> None:
    x, y, error = (np.array(values) for values in zip(*mean_by_bin(predicted, true), strict=True))
    _draw_diagonal(axes, np.concatenate([x, y]))
    # On a logarithmic axis a bar must not reach 0.
    below = np.minimum(2 * error, 0.95 * y) if (y > 0).all() else 2 * error
    bars = np.stack([below, 2 * error])
    axes.errorbar(x, y, bars, fmt="o", color=COLOURS[1], capsize=3, label="mean ± 2 std. errors")
    axes.set(xlabel=f"mean predicted {name}", ylabel=f"mean true {name}", title="means by tenth of the predictions")
    axes.legend()


def _draw_points(axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    few = len(x) <= 300
    axes.scatter(x, y, s=22 if few else 9, alpha=0.7 if few else 0.3, color=COLOURS[0], linewidths=0)


def _draw_diagonal(axes: Axes, values: np.ndarray) -> None:
    ends = [values.min(), values.max()]
    axes.plot(ends, ends, color="black", linestyle="--", linewidth=1)


def _format_ticks(axis: Axis) -> None:
    """Few ticks, since numbers without powers of ten take more room."""
    if axis.get_scale() == "log":
        axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
        axis.set_minor_locator(NullLocator())
    else:
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: format_number(value)))


def _scores(predicted: np.ndarray, true: np.ndarray) -> str:
    rmse = float(np.sqrt(((true - predicted) ** 2).mean()))
    variance = float(true.var())
    explained = f" · R² {1 - rmse**2 / variance:.3f}" if variance > 0 else ""
    return f"RMSE {format_number(rmse)}" + explained


def write_prediction_figures(photos: Sequence[Path], captions: Sequence[str], folder: Path) -> list[Path]:
    """Writes ``<stem>-prediction.png`` for each photo; ``<name>-prediction.png`` where two share a stem.

    Replaces a photo's earlier figure and no other file: the name gets a number where another file has it.

    Raises:
        DataError: a photo cannot be read.
    """
    stems = Counter(photo.stem for photo in photos)
    written = []
    for photo, caption in zip(photos, captions, strict=True):
        name = photo.stem if stems[photo.stem] == 1 else photo.name
        origin = sha256(os.fsencode(photo.resolve())).hexdigest()
        written.append(_free_path(folder, f"{name}-prediction", origin))
        marked = PngInfo()
        marked.add_text(_ORIGIN, origin)
        with whole_file(written[-1]) as unfinished:
            prediction_figure(upright_photo(photo), caption).save(unfinished, format="PNG", pnginfo=marked)
    return written


def _free_path(folder: Path, name: str, origin: str) -> Path:
    numbered = (folder / f"{name}{f'-{number}' if number > 1 else ''}.png" for number in count(1))
    return next(path for path in numbered if not path.exists() or _origin_of(path) == origin)


def _origin_of(figure: Path) -> str | None:
    """Returns the mark of the photo that a figure was drawn on; None for any other file."""
    try:
        with Image.open(figure) as picture:
            return picture.info.get(_ORIGIN)
    except (OSError, ValueError, SyntaxError):
        return None


def prediction_captions(columns: Mapping[str, Sequence[Any]], spec: Spec) -> list[str]:
    """The text on each photo, from the columns of a module's `predict`: ``shirt 93%``, ``score 3.5``."""
    if spec.target == "number":
        return [f"{spec.target_name} {format_number(value)}" for value in columns[spec.target_name]]
    first = (spec.class_names or ("0",))[0] if spec.target == "binary" else None
    return [  # of two classes the probability is the second one's
        f"{name} {1 - probability if name == first else probability:.0%}"
        for name, probability in zip(columns["class"], columns["probability"], strict=True)
    ]


def prediction_figure(photo: Image.Image, caption: str) -> Image.Image:
    """The photo at a size on which text can be read, with the caption on a dark band.

    The band lies over the photo's foot, or below it where it would hide much of it.
    """
    picture = _resized(photo.convert("RGB"))
    width, height = picture.size
    caption = replace_missing_glyphs(caption)
    size = max(16, width // 20)
    font = ImageFont.truetype(font_path(caption), size)
    lines = _wrapped(caption, font, width - size)
    band = round(size * (1.3 * len(lines) + 0.5))
    if band > height / 3:
        picture, height = ImageOps.expand(picture, (0, 0, 0, band)), height + band
    draw = ImageDraw.Draw(picture, "RGBA")  # blends colours with the picture
    draw.rectangle((0, height - band, width, height), fill=(0, 0, 0, 190))
    for index, line in enumerate(lines):
        middle = height - band + size * (0.9 + 1.3 * index)
        draw.text((size / 2, middle), line, font=font, fill="white", anchor="lm")
    return picture


def _resized(picture: Image.Image) -> Image.Image:
    """Enlarges small images by a whole factor, which keeps their pixels, and reduces large ones."""
    if max(picture.size) < SMALLEST:
        picture = ImageOps.scale(picture, -(-SMALLEST // max(picture.size)), Image.Resampling.NEAREST)
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    missing = max(0, NARROWEST - picture.width)
    return ImageOps.expand(picture, (missing // 2, 0, missing - missing // 2, 0))


def _wrapped(caption: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Lines broken where they are full, as scripts without spaces need it; cut off after `MOST_LINES`."""
    lines = [""]
    for character in caption:
        if font.getlength(lines[-1] + character) > width and lines[-1]:
            lines.append("")
        lines[-1] += character
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1][:-1] + "…"]
    return [line.strip() for line in lines]
