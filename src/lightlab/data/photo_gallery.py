"""Labelled photos, or the drawings that stand in for them, ready to be decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from lightlab.data.images import as_colours
from lightlab.data.photo_cache import decode_cached
from lightlab.data.photo_decoding import Form, decode
from lightlab.data.photo_folder import Photo, labels_from_names
from lightlab.data.photo_labels import Label
from lightlab.data.photo_report import Report
from lightlab.data.photo_source import PhotoSource
from lightlab.errors import DataError

Drawings = tuple[np.ndarray, list[str], np.ndarray]  # uint8 (N, H, W, 3), names, scores (N,)


@dataclass(frozen=True)
class Reader:
    """How photos are read.

    Attributes:
        form: what each is made into.
        workers: threads that decode.
        bad_photos: ``refuse`` or ``skip``.
        cache_dir: for pixels, and for reports that a line cannot hold.
        most_bytes: of pixels in memory where the cache cannot be written.
    """

    form: Form
    workers: int
    bad_photos: str
    cache_dir: Path
    most_bytes: int


@dataclass(frozen=True)
class Gallery:
    """Photos to learn from.

    Attributes:
        labels: (N).
        held_out: bool (N,), which are for the test.
        decode: gives pixels uint8 (N, C, H, W), the rows that can be used, and what the results should say of others.
    """

    labels: list[Label]
    held_out: np.ndarray
    decode: Callable[[], tuple[np.ndarray, np.ndarray, str]]


def gallery_of(folder: Path, source: PhotoSource, reader: Reader) -> Gallery:
    """The labelled photos of a folder, decoded once and kept in the cache.

    Raises:
        DataError: no labels, or none that belongs to a photo; on decoding: what `settle` refuses.
    """
    matched, held_out = source.match(folder)
    photos = matched.photos
    if not photos:
        names = [label.photo for label in matched.without_photo[:1]]
        raise DataError(
            f"{folder}: none of its photos has a label" + "".join(f"; the first label is {n}'s" for n in names)
        )

    def decode_all() -> tuple[np.ndarray, np.ndarray, str]:
        paths = [photo.path for photo in photos]
        pixels, failures = decode_cached(paths, reader.form, reader.workers, reader.cache_dir, reader.most_bytes)
        rows, remark = settle(folder, photos, failures, matched.without_photo, matched.without_label, reader)
        return pixels, rows, remark

    in_test = np.array([photo.name in held_out for photo in photos])
    return Gallery([photo.label for photo in photos], in_test, decode_all)


def gallery_of_drawings(drawings: Drawings, pattern: str | None, form: Form) -> Gallery:
    """The embedded stand-in, with its scores, or with labels told from the drawings' names by `pattern`."""
    images, names, scores = drawings
    written = [Label(name, f"{score:.6g}", name) for name, score in zip(names, scores, strict=True)]
    labels = labels_from_names(names, pattern) if pattern else written

    def decode_all() -> tuple[np.ndarray, np.ndarray, str]:
        pixels = [as_colours(Image.fromarray(image), form.height, form.width, form.grey) for image in images]
        return np.stack(pixels), np.arange(len(images)), ""

    return Gallery(labels, np.zeros(len(images), bool), decode_all)


def read_now(photos: list[Photo], missing: list[Label], where: Path, reader: Reader) -> tuple[list[Photo], np.ndarray]:
    """Photos to be predicted, and their pixels uint8 (N, C, H, W); `missing` are labels without a photo.

    Raises:
        DataError: what `settle` refuses.
    """
    pixels, failures = decode([photo.path for photo in photos], reader.form, reader.workers)
    rows, _ = settle(where, photos, failures, missing, [], reader)
    return [photos[row] for row in rows], pixels[rows]


def settle(
    where: Path,
    photos: Sequence[Photo],
    failures: Mapping[int, str],
    missing: Sequence[Label],
    unlabelled: Sequence[str],
    reader: Reader,
) -> tuple[np.ndarray, str]:
    """Reports what cannot be used; returns the rows that can, and the report in short.

    Raises:
        DataError: `Reader.bad_photos` is to refuse, or nothing is left.
    """
    report = Report(where)
    report.add("photos that cannot be read", [f"{photos[row].name}: {reason}" for row, reason in failures.items()])
    report.add("labels without a photo", [f"{label.photo} ({label.where})" for label in missing])
    report.add("photos without a label", unlabelled)
    report.settle(reader.bad_photos, reader.cache_dir / "photos" / "left_out.txt")
    rows = np.array([row for row in range(len(photos)) if row not in failures], dtype=np.int64)
    if not len(rows):
        raise DataError(f"{where}: no photo is left")
    return rows, report.summary
