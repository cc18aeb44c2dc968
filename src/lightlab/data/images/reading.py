"""Reads photo files: as the small grey images of MNIST, or in colour for any network."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from lightlab.errors import DataError, one_line

FORMATS = (
    "PNG",
    "JPEG",
    "BMP",
    "GIF",
    "WEBP",
    "TIFF",
)  # recognised by content; others, such as EPS, would run a program
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
MOST_PIXELS = 100_000_000  # more is taken for a decompression bomb

SHRINK = 2  # a JPEG is decoded at a half, a quarter or an eighth where that leaves twice the wanted size

Image.MAX_IMAGE_PIXELS = None  # `_open` checks the size itself, before any pixel is decoded


def read_photo(path: Path, height: int, width: int, invert: str | bool = "auto") -> np.ndarray:
    """Reads a photo as a training image: uint8 (height, width).

    A grey photo of exactly that size stays as it is. Any other is turned upright (EXIF), flattened onto white
    where it is transparent, made grey (ITU-R 601 luma), inverted if its border is light (training images are bright
    on black), reduced with antialiasing, and padded to that shape with the border's median.

    Args:
        invert: ``auto`` (by the border), True or False.

    Raises:
        DataError: no such file, not an image, or more than `MOST_PIXELS` pixels.
    """
    with warnings.catch_warnings(action="ignore"):  # Pillow's, on damaged EXIF
        return _as_training_image(_open(path), height, width, invert)


def _as_training_image(photo: Image.Image, height: int, width: int, invert: str | bool) -> np.ndarray:
    if photo.size == (width, height) and photo.mode in ("L", "1"):
        pixels = np.asarray(photo.convert("L"))
        return 255 - pixels if invert is True else pixels.copy()
    grey = ImageOps.exif_transpose(_on_white(photo)).convert("L")
    border = _border_median(grey)
    if invert is True or (invert == "auto" and border > 127):
        grey, border = ImageOps.invert(grey), 255 - border
    return np.array(ImageOps.pad(grey, (width, height), Image.Resampling.LANCZOS, color=border))


def read_colours(path: Path, height: int, width: int, grey: bool = False) -> np.ndarray:
    """Reads a photo of any size and colour mode as uint8 (3, height, width), red, green and blue; (1, …) if `grey`.

    See `as_colours` for the steps. The caller silences Pillow's warnings on damaged EXIF, since threads share filters.

    Raises:
        DataError: as `read_photo`.
    """
    return as_colours(_open(path, SHRINK * max(height, width)), height, width, grey)


def as_colours(photo: Image.Image, height: int, width: int, grey: bool = False) -> np.ndarray:
    """Turns a photo upright (EXIF), flattens it onto white, reduces it to cover the shape and crops the centre."""
    upright = ImageOps.exif_transpose(_on_white(photo)).convert("L" if grey else "RGB")
    pixels = np.asarray(ImageOps.fit(upright, (width, height), Image.Resampling.LANCZOS))
    return np.ascontiguousarray(pixels.reshape(height, width, -1).transpose(2, 0, 1))


def upright_photo(path: Path) -> Image.Image:
    """Reads a photo as people see it: RGB of its own size, turned upright (EXIF), flattened onto white.

    Raises:
        DataError: as `read_photo`.
    """
    with warnings.catch_warnings(action="ignore"):  # Pillow's, on damaged EXIF
        return ImageOps.exif_transpose(_on_white(_open(path))).convert("RGB")


def photos_in(folder: Path) -> list[Path]:
    """Returns the image files of a folder, sorted by name.

    Raises:
        DataError: there is none.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError(f"{folder}: no image in this folder; expected files ending in {', '.join(SUFFIXES)}")
    return paths


def _open(path: Path, side: int | None = None) -> Image.Image:
    """Opens a photo; a JPEG may come reduced, though no side shorter than `side`."""
    if not path.is_file():
        raise DataError(
            f"{path}: no such file; input= takes a photo, a folder of photos, an IDX file or a CSV of pixels"
        )
    try:
        with Image.open(path, formats=FORMATS) as photo:
            if photo.width * photo.height > MOST_PIXELS:
                raise DataError(f"{path}: {photo.width}x{photo.height} pixels; at most {MOST_PIXELS:,} are decoded")
            photo.getexif()
            if side is not None:
                photo.draft(None, (side, side))
            return _eight_bits(photo.copy())
    except (OSError, SyntaxError, ValueError) as error:
        reason = "the file is empty" if path.stat().st_size == 0 else one_line(error)
        raise DataError(f"{path}: not an image that can be read: {reason}") from None


def _eight_bits(photo: Image.Image) -> Image.Image:
    """Scales 16-bit photos (modes I) to 8 bits, where Pillow would clip them at 255, and floats by their largest."""
    if photo.mode[0] not in "IF":
        return photo
    pixels = np.asarray(photo, np.float64)
    brightest = 65535 if photo.mode[0] == "I" else max(pixels.max(), 1e-9)
    grey = Image.fromarray((pixels * (255 / brightest)).clip(0, 255).round().astype(np.uint8))
    grey.getexif().update(photo.getexif())
    return grey


def _on_white(photo: Image.Image) -> Image.Image:
    if not photo.has_transparency_data:
        return photo
    exif = photo.getexif()
    photo = photo.convert("RGBA")
    white = Image.new("RGBA", photo.size, "white")
    white.alpha_composite(photo)
    white.getexif().update(exif)
    return white


def _border_median(grey: Image.Image) -> int:
    pixels = np.asarray(grey)
    return int(np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])))
