"""Decoded photos with their labels: of a folder, synthetic, or those that a user wants predictions for."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from lightlab.data.images.reading import SUFFIXES as IMAGE_SUFFIXES
from lightlab.data.images.reading import as_colours
from lightlab.data.photos.decoding import Form, decode, decode_cached
from lightlab.data.photos.folder import Matched, Photo, PhotoSource, labels_by_pattern, only_one
from lightlab.data.photos.labels import SUFFIXES as LIST_SUFFIXES
from lightlab.data.photos.labels import Label, read_label_file
from lightlab.errors import DataError, printable
from lightlab.files import inside, regular_file, write_text

Drawings = tuple[np.ndarray, list[str], np.ndarray]  # uint8 (N, H, W, 3), names, scores (N,)
SHOWN = 3  # names of each kind in a report


@dataclass(frozen=True)
class Reader:
    """How photos are read.

    Attributes:
        form: the shape that photos get.
        workers: threads that decode.
        bad_photos: ``refuse`` or ``skip``.
        cache_dir: for pixels, and for reports that are too long for a line.
        most_bytes: of pixels in memory where the cache cannot be written.
    """

    form: Form
    workers: int
    bad_photos: str
    cache_dir: Path
    most_bytes: int


def matched_photos(folder: Path, source: PhotoSource) -> tuple[Matched, np.ndarray]:
    """Matches the photos of a folder with their labels; returns also which are test photos, bool (N,).

    Raises:
        DataError: no labels, or none that belongs to a photo.
    """
    matched, test_names = source.match(folder)
    if not matched.photos:
        first = f"; the first label is {matched.without_photo[0].photo}'s" if matched.without_photo else ""
        raise DataError(f"{folder}: none of its photos has a label{first}")
    return matched, np.array([photo.name in test_names for photo in matched.photos])


def decode_matched(folder: Path, matched: Matched, reader: Reader) -> tuple[np.ndarray, np.ndarray, str]:
    """Returns pixels uint8 (N, C, H, W), kept in the cache, and the rows and the summary of `usable_rows`."""
    paths = [photo.path for photo in matched.photos]
    pixels, failures = decode_cached(paths, reader.form, reader.workers, reader.cache_dir, reader.most_bytes)
    return pixels, *usable_rows(folder, matched, failures, reader)


def drawn_photos(drawings: Drawings, pattern: str | None, form: Form) -> tuple[np.ndarray, list[Label]]:
    """Returns synthetic photos, uint8 (N, C, H, W), with their scores, or with labels that `pattern` finds in names."""
    images, names, scores = drawings
    written = [Label(name, f"{score:.6g}", name) for name, score in zip(names, scores, strict=True)]
    pixels = [as_colours(Image.fromarray(image), form.height, form.width, form.grey) for image in images]
    return np.stack(pixels), labels_by_pattern(names, pattern) if pattern else written


def read_now(photos: list[Photo], missing: list[Label], where: Path, reader: Reader) -> tuple[list[Photo], np.ndarray]:
    """Returns the usable photos to predict, and their pixels uint8 (N, C, H, W); `missing` are labels without a photo.

    Raises:
        DataError: see `usable_rows`.
    """
    pixels, failures = decode([photo.path for photo in photos], reader.form, reader.workers)
    rows, _ = usable_rows(where, Matched(photos, missing), failures, reader, "take them out of what is read")
    return [photos[row] for row in rows], pixels[rows]


def usable_rows(
    where: Path,
    matched: Matched,
    failures: Mapping[int, str],
    reader: Reader,
    way_out: str = "leave them out with data.bad_photos=skip",
) -> tuple[np.ndarray, str]:
    """Reports what cannot be used on stderr; returns the rows that can, and a summary of the report.

    Args:
        way_out: what the user can do with `bad_photos` ``refuse``.

    Raises:
        DataError: photos are unusable and `bad_photos` is ``refuse``, or none remains.
    """
    problems = {
        "photos that cannot be read": [f"{matched.photos[row].name}: {reason}" for row, reason in failures.items()],
        "labels without a photo": [f"{label.photo} ({label.where})" for label in matched.without_photo],
        "photos without a label": matched.without_label,
    }
    problems = {kind: names for kind, names in problems.items() if names}
    if problems:
        shown = "; ".join(f"{kind}: {len(names):,} ({_some(names)})" for kind, names in problems.items())
        report = f"{where}: {shown}{_listing(problems, reader.cache_dir / 'photos' / 'left_out.txt')}"
        if reader.bad_photos == "refuse":
            raise DataError(f"{report}. Correct them, or {way_out}")
        print(f"! Left out: {printable(report)}", file=sys.stderr)
    rows = np.array([row for row in range(len(matched.photos)) if row not in failures], dtype=np.int64)
    if not len(rows):
        raise DataError(f"{where}: no photo is left")
    return rows, "; ".join(f"{kind}: {len(names):,}" for kind, names in problems.items())


def _some(names: Sequence[str]) -> str:
    more = f", and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _listing(problems: Mapping[str, Sequence[str]], path: Path) -> str:
    """Writes all names to a file if they are too many for a line, and names the file."""
    if all(len(names) <= SHOWN for names in problems.values()):
        return ""
    try:
        lines = (f"{kind}: {name}\n" for kind, names in problems.items() for name in names)
        write_text(path, "".join(lines))
    except OSError:  # the names in the line must do
        return ""
    return f"; all of them: {path}"


def find_inputs(path: Path, source: PhotoSource) -> tuple[list[Photo], list[Label]]:
    """Finds the photos to predict: one, a folder of them, or those in a list; and labels in the list without a photo.

    Photos in a list lie in its own folder or one of the two above it, or in a sub-folder of those that the config
    names. Where no list gives a photo's label, its name or sub-folder may.

    Raises:
        DataError: nothing there, or nothing that could be photos.
    """
    if os.path.isdir(path):  # Path.is_dir raises on a name that is too long
        folder = source.photos_below(path)
        if not folder.photos:
            raise DataError(f"{path}: no photo in this folder; expected files ending in {', '.join(IMAGE_SUFFIXES)}")
        return _labelled({name: folder.folder / name for name in folder.photos}, source), []
    if not os.path.exists(path):
        raise DataError(
            f"{path}: no such file; input= takes a photo, a folder of photos, or a CSV or text file of names"
        )
    regular_file(path)
    if path.suffix.lower() in LIST_SUFFIXES:
        return _listed(path, source)
    return _labelled({path.name: path}, source), []


def _labelled(paths: dict[str, Path], source: PhotoSource) -> list[Photo]:
    labels = {label.photo: label for label in source.labels_from_names(paths)}
    return [Photo(path, name, labels.get(name, Label(name, None, name))) for name, path in paths.items()]


def _listed(path: Path, source: PhotoSource) -> tuple[list[Photo], list[Label]]:
    parents = list(path.absolute().parents)[:3]
    places = [place for parent in parents for place in (*(parent / name for name in source.images), parent)]
    labels = read_label_file(path, lambda cell: any(_files_called(cell, place) for place in places), source.columns)
    files = [(label, _file_called(label.photo, places)) for label in labels]
    photos = [Photo(file, label.photo, label) for label, file in files if file]
    if not photos:
        raise DataError(
            f"{path}: none of its {len(labels):,} photos is in its folder; the first is {labels[0].photo!r}"
        )
    return photos, [label for label, file in files if not file]


def _file_called(written: str, places: list[Path]) -> Path | None:
    """Returns the file of that name in the first place that has one.

    Raises:
        DataError: the place has several.
    """
    for place in places:
        if names := _files_called(written, place):
            name = only_one(written, names, place)
            return place / name if name else None
    return None


def _files_called(written: str, place: Path) -> list[str]:
    """Returns the names of the files below a folder that are called so: with their suffix, or all those without it."""
    try:
        path = inside(place, written)
    except DataError:
        return []
    names = [path] if os.path.isfile(path) else [path.with_name(f"{path.name}{suffix}") for suffix in IMAGE_SUFFIXES]
    return [name.relative_to(place).as_posix() for name in names if os.path.isfile(name)]
