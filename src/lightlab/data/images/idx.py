"""IDX, the file format of MNIST and Fashion-MNIST: a big-endian header, then unsigned bytes."""

import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lightlab.data.encoding import open_plain_or_gzip, unreadable
from lightlab.errors import DataError

KINDS = {0x00000801: "labels", 0x00000803: "images"}  # the last byte counts the dimensions
MAX_BYTES = 2**31
PIECE = 2**20


def read_idx_pair(images_path: Path, labels_path: Path, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Returns uint8 images (N, H, W) and int64 labels (N,) in 0..classes-1; DataError where the two do not match."""
    images = read_idx(images_path, "images")
    labels = read_idx(labels_path, "labels").astype(np.int64)
    if len(images) != len(labels):
        raise DataError(
            f"{labels_path}: {len(labels):,} labels for {len(images):,} images in {images_path}; "
            "expected one label an image: take both files from the same set"
        )
    wrong = np.flatnonzero(labels >= classes)
    if len(wrong):
        row = wrong[0]
        raise DataError(f"{labels_path}: row {row + 1}: label {labels[row]}; expected 0 to {classes - 1}")
    return images, labels


def read_idx(path: Path, kind: str | None = None) -> np.ndarray:
    """Returns uint8 images (N, H, W) or labels (N,), plain or gzipped; `kind` ("images", "labels") refuses others."""
    with open_plain_or_gzip(path) as file:
        try:
            shape = _read_header(file, path, kind)
            return _read_body(file, path, shape)
        except (OSError, EOFError, zlib.error) as error:
            raise unreadable(path, error) from error


def _read_header(file: BinaryIO, path: Path, kind: str | None) -> tuple[int, ...]:
    magic = file.read(4)
    if not magic:
        raise DataError(f"{path}: the file is empty; expected IDX {kind or 'images or labels'}: fetch it again")
    expected = {number: name for number, name in KINDS.items() if kind in (None, name)}
    number = int.from_bytes(magic, "big")
    if len(magic) < 4 or number not in expected:
        allowed = " or ".join(f"0x{n:08x} ({name})" for n, name in expected.items())
        actual = f"0x{magic.hex()}" + (f" ({KINDS[number]})" if number in KINDS else "")
        raise DataError(f"{path}: magic number {actual}; expected {allowed}: is it the right file?")
    return _read_shape(file, path, dimensions=number & 0xFF)


def _read_shape(file: BinaryIO, path: Path, dimensions: int) -> tuple[int, ...]:
    sizes = file.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DataError(f"{path}: the header is cut short; fetch it again")
    shape = struct.unpack(f">{dimensions}I", sizes)
    if not 0 < math.prod(shape) <= MAX_BYTES:
        raise DataError(
            f"{path}: the header announces {_times(shape)} bytes; expected 1 to {MAX_BYTES:,}: fetch it again"
        )
    return shape


def _read_body(file: BinaryIO, path: Path, shape: tuple[int, ...]) -> np.ndarray:
    expected = math.prod(shape)
    content = bytearray()
    # Piece by piece, so that memory grows with the content and not with what the header claims;
    # reading one byte more than expected finds a longer file and makes gzip verify its checksum.
    while piece := file.read(min(PIECE, expected + 1 - len(content))):
        content += piece
    if len(content) != expected:
        actual = "more" if len(content) > expected else f"{len(content):,}"
        raise DataError(
            f"{path}: the header announces {_times(shape)} = {expected:,} bytes, found {actual}; fetch it again"
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{size:,}" for size in shape)
