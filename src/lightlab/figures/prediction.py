"""A photo with what was predicted of it written on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from lightlab.data.images import upright_photo
from lightlab.figures.fonts import drawable, font_path
from lightlab.figures.style import number
from lightlab.files import whole_file
from lightlab.spec import Spec

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
        return [f"{spec.target_name} {number(value)}" for value in columns[spec.target_name]]
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
