"""Labelled photos, or synthetic drawings, ready to be decoded; and the photos that a user wants predictions for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from PIL import Image

from lightlab.data.images.reading import SUFFIXES as IMAGE_SUFFIXES
from lightlab.data.images.reading import as_colours
from lightlab.data.photos.decoding import Form, decode, decode_cached
from lightlab.data.photos.folder import Photo, PhotoSource, Report, labels_from_names
from lightlab.data.photos.labels import SUFFIXES as LIST_SUFFIXES
from lightlab.data.photos.labels import Label, read_label_file
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


def find_inputs(path: Path, source: PhotoSource) -> tuple[list[Photo], list[Label]]:
    """The photos that `path` means, and labels in a list for which there is no photo.

    Photos in a list lie in its own folder or one of the two above it, or in a sub-folder of those that the config
    names. Where no list gives a photo's label, its name or sub-folder may.

    Raises:
        DataError: nothing there, or nothing that could be photos.
    """
    if os.path.isdir(path):  # Path.is_dir raises on a name that is too long
        folder = source.photos_below(path)
        if not folder.photos:
            raise DataError(f"{path}: no photo in this folder; expected files ending in {', '.join(IMAGE_SUFFIXES)}")
        return _named({name: folder.folder / name for name in folder.photos}, source), []
    if not os.path.isfile(path):
        raise DataError(
            f"{path}: no such file; input= takes a photo, a folder of photos, or a CSV or text file of names"
        )
    if path.suffix.lower() in LIST_SUFFIXES:
        return _listed(path, source)
    return _named({path.name: path}, source), []


def _named(paths: dict[str, Path], source: PhotoSource) -> list[Photo]:
    labels = {label.photo: label for label in source.unwritten(list(paths))}
    return [Photo(path, name, labels.get(name, Label(name, None, name))) for name, path in paths.items()]


def _listed(path: Path, source: PhotoSource) -> tuple[list[Photo], list[Label]]:
    places = [
        place
        for parent in list(path.absolute().parents)[:3]
        for place in (*(parent / name for name in source.images), parent)
    ]
    labels = read_label_file(path, lambda cell: any(_files_called(cell, places)), source.columns)
    found = [(label, next(_files_called(label.photo, places), None)) for label in labels]
    photos = [Photo(file, label.photo, label) for label, file in found if file]
    if not photos:
        raise DataError(
            f"{path}: none of its {len(labels):,} photos is in its folder; the first is {labels[0].photo!r}"
        )
    return photos, [label for label, file in found if not file]


def _files_called(written: str, places: list[Path]) -> Iterator[Path]:
    """Files of that name, with or without its ending, and nothing outside the places."""
    name = PurePath(written.replace("\\", "/"))
    if not name.name or name.is_absolute() or ".." in name.parts:
        return
    for place in places:
        for ending in ("", *IMAGE_SUFFIXES):
            file = place / f"{name}{ending}"
            try:
                if file.is_file():
                    yield file
            except (OSError, ValueError):  # too long for a name
                return
