"""What a user hands to predict: a photo, a folder of them, or a list of them with or without labels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from lightlab.data.images import SUFFIXES as IMAGE_SUFFIXES
from lightlab.data.photo_folder import Photo
from lightlab.data.photo_labels import SUFFIXES as LIST_SUFFIXES
from lightlab.data.photo_labels import Label, read_label_file
from lightlab.data.photo_source import PhotoSource
from lightlab.errors import DataError


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
