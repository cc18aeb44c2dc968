"""Reads photo files: as the small grey images of MNIST, or in colour for any network."""

import os
import struct
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from lightlab.data.sources import note
from lightlab.errors import DataError, one_line
from lightlab.files import regular_file

# Recognised by content; others, such as EPS, would run a program.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
MOST_PIXELS = 100_000_000  # more is taken for a decompression bomb

SHRINK = 2  # a JPEG is decoded at a half, a quarter or an eighth where that leaves twice the wanted size

Image.MAX_IMAGE_PIXELS = None  # `open_photo` checks the size itself, before any pixel is decoded

_TURNS = dict(
    zip(
        range(2, 9),  # EXIF's orientations; 1 is upright
        ("FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90"),
        strict=True,
    )
)


def read_photos(paths: Sequence[Path], height: int, width: int, invert: str | bool = "auto") -> np.ndarray:
    """Reads photos as training images, uint8 (N, height, width): see `read_photo`."""
    images, damaged = [], []
    with warnings.catch_warnings(action="ignore"):  # Pillow's, on damaged EXIF
        for path in paths:
            photo, exif_damaged = open_photo(path)
            images.append(_as_training_image(photo, height, width, invert))
            damaged += [path] if exif_damaged else []
    note_damaged_exif(damaged)
    return np.stack(images)


def read_photo(path: Path, height: int, width: int, invert: str | bool = "auto") -> np.ndarray:
    """Reads a photo as a training image: uint8 (height, width).

    It is turned upright (EXIF). A grey photo of exactly that size then stays as it is. Any other is flattened onto
    white where it is transparent, made grey (ITU-R 601 luma), inverted if its border is light (training images are
    bright on black), reduced with antialiasing, and padded to that shape with the border's median.

    Args:
        invert: ``auto`` (by the border), True or False.

    Raises:
        DataError: no such file, not an image, or more than `MOST_PIXELS` pixels.
    """
    image: np.ndarray = read_photos([path], height, width, invert)[0]
    return image


def _as_training_image(photo: Image.Image, height: int, width: int, invert: str | bool) -> np.ndarray:
    if photo.size == (width, height) and photo.mode in ("L", "1"):
        pixels = np.asarray(photo.convert("L"))
        return 255 - pixels if invert is True else pixels.copy()
    grey = _on_white(photo).convert("L")
    border = _border_median(grey)
    if invert is True or (invert == "auto" and border > 127):
        grey, border = ImageOps.invert(grey), 255 - border
    return np.array(ImageOps.pad(grey, (width, height), Image.Resampling.LANCZOS, color=border))


def as_colours(photo: Image.Image, height: int, width: int, grey: bool = False) -> np.ndarray:
    """Flattens a photo of any colour mode onto white, reduces it to cover the shape and crops the centre.

    Returns:
        uint8 (3, height, width), red, green and blue; (1, …) if `grey`.
    """
    flat = _on_white(photo).convert("L" if grey else "RGB")
    pixels = np.asarray(ImageOps.fit(flat, (width, height), Image.Resampling.LANCZOS))
    return np.ascontiguousarray(pixels.reshape(height, width, -1).transpose(2, 0, 1))


def upright_photo(path: Path) -> Image.Image:
    """Reads a photo as people see it: RGB of its own size, turned upright (EXIF), flattened onto white.

    Raises:
        DataError: as `read_photo`.
    """
    with warnings.catch_warnings(action="ignore"):  # Pillow's, on damaged EXIF
        return _on_white(open_photo(path)[0]).convert("RGB")


def photos_in(folder: Path) -> list[Path]:
    """Returns the image files of a folder, sorted by name.

    Raises:
        DataError: there is none.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError(f"{folder}: no image in this folder; expected files ending in {', '.join(SUFFIXES)}")
    return paths


def open_photo(path: Path, side: int | None = None) -> tuple[Image.Image, bool]:
    """Opens a photo, turns it upright by its EXIF data, and tells whether these are damaged, so that it stays as it is.

    The caller silences Pillow's warnings, since threads share filters.

    Args:
        side: a JPEG may come reduced, though no side shorter than `SHRINK` times this.

    Raises:
        DataError: no such file, not an image, or more than `MOST_PIXELS` pixels.
    """
    if not os.path.exists(path) or os.path.isdir(path):
        raise DataError(
            f"{path}: no such file; input= takes a photo, a folder of photos, an IDX file or a CSV of pixels"
        )
    regular_file(path)
    try:
        with Image.open(path, formats=FORMATS) as photo:
            if not 0 < photo.width * photo.height <= MOST_PIXELS:
                raise DataError(f"{path}: {photo.width}x{photo.height} pixels; at most {MOST_PIXELS:,} are decoded")
            orientation = 1 if photo.format == "TIFF" else _orientation(photo)  # Pillow turns TIFF itself
            if side is not None:
                photo.draft(None, (SHRINK * side, SHRINK * side))
            upright = _eight_bits(photo.copy())
    except DataError:
        raise
    except Exception as error:  # damaged bytes make Pillow raise a dozen kinds
        reason = "the file is empty" if path.stat().st_size == 0 else one_line(error)
        raise DataError(f"{path}: not an image that can be read: {reason}") from None
    if orientation in _TURNS:
        upright = upright.transpose(Image.Transpose[_TURNS[orientation]])
    return upright, orientation is None


def note_damaged_exif(paths: Iterable[Path]) -> None:
    """Notes on stderr, in a line, which photos were read without their EXIF data."""
    names = [path.name for path in paths]
    if names:
        more = ", …" if len(names) > 3 else ""
        note(f"photos with damaged EXIF data, read as they lie: {len(names):,} ({', '.join(names[:3])}{more})")


def _orientation(photo: Image.Image) -> int | None:
    """Returns EXIF's orientation, 1 to 8; 1 where it has none, None where it cannot be read or is another number."""
    try:
        orientation: object = photo.getexif().get(ExifTags.Base.Orientation)
        if orientation is None and not _is_cut(photo.info.get("exif", b"")):
            return 1
    except Exception:  # damaged bytes make Pillow raise a dozen kinds
        return None
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else None


def _is_cut(exif: bytes) -> bool:
    """Whether EXIF's first directory should have more entries: Pillow passes over those that are missing."""
    tiff = exif.removeprefix(b"Exif\0\0")
    if not tiff:
        return False
    order = "<" if tiff.startswith(b"II") else ">"
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    (entries,) = struct.unpack_from(f"{order}H", tiff, start)
    return bool(start + 2 + 12 * entries > len(tiff))


def _eight_bits(photo: Image.Image) -> Image.Image:
    """Scales 16-bit photos (modes I) to 8 bits, where Pillow would clip them at 255, and floats by their largest."""
    if photo.mode[0] not in "IF":
        return photo
    pixels = np.nan_to_num(np.asarray(photo, np.float64), posinf=0.0, neginf=0.0)
    brightest = 65535 if photo.mode[0] == "I" else max(pixels.max(), 1e-9)
    return Image.fromarray((pixels * (255 / brightest)).clip(0, 255).round().astype(np.uint8))


def _on_white(photo: Image.Image) -> Image.Image:
    if not photo.has_transparency_data:
        return photo
    photo = photo.convert("RGBA")
    white = Image.new("RGBA", photo.size, "white")
    white.alpha_composite(photo)
    return white


def _border_median(grey: Image.Image) -> int:
    pixels = np.asarray(grey)
    return int(np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])))
