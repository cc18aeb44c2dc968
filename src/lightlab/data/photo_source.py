"""Where photos and their labels lie, and both brought together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lightlab.data.photo_folder import Matched, PhotoFolder, labels_from_folders, labels_from_names
from lightlab.data.photo_labels import SUFFIXES, Columns, Label, read_label_file
from lightlab.errors import DataError, UsageError


@dataclass(frozen=True)
class PhotoSource:
    """What a config says of a folder of photos.

    Attributes:
        folders: of which the first that exists is meant.
        images: names of the sub-folder of photos, if there is one; else they lie in the folder itself.
        files: of labels, of which the first that exists is meant: a path, or a name in the folder; none: the only
            file in the folder that may be one.
        test_file: of the labels of the test rows, in the same way.
        columns: of those files.
        pattern: tells the labels from the files' names instead.
        by_folder: where neither `files` nor `pattern` is given, labels are sub-folders' names.
    """

    folders: tuple[str, ...]
    images: tuple[str, ...]
    files: tuple[str, ...]
    test_file: str | None
    columns: Columns
    pattern: str | None
    by_folder: bool

    def __post_init__(self) -> None:
        for name in self.images:
            if Path(name).name != name:
                raise UsageError(f"data.images={name}: must be the name of a sub-folder, without a slash")

    def folder(self) -> Path | None:
        """The first of `folders` that exists."""
        return next((path for path in map(_path, self.folders) if path.is_dir()), None)

    def photos_below(self, folder: Path) -> PhotoFolder:
        inner = next((folder / name for name in self.images if (folder / name).is_dir()), folder)
        return PhotoFolder(inner)

    def match(self, folder: Path) -> tuple[Matched, set[str]]:
        """The photos and their labels, and the names of those that are for the test.

        Raises:
            DataError: no file of labels, or one that cannot be used.
        """
        photos = self.photos_below(folder)
        if self.test_file is None:
            return photos.match(self._labels(folder, photos)), set()
        test = read_label_file(self._file(folder, self.test_file), photos.is_photo, self.columns)
        held_out = {photos.find(label.photo) for label in test} - {None}
        others = [label for label in self._labels(folder, photos) if photos.find(label.photo) not in held_out]
        return photos.match([*others, *test]), {name for name in held_out if name}

    def unwritten(self, names: list[str]) -> list[Label]:
        """Labels that stand in no file, but in the photos' own names or sub-folders."""
        if self.pattern:
            return labels_from_names(names, self.pattern)
        return labels_from_folders(names) if self.by_folder and not self.files else []

    def _labels(self, folder: Path, photos: PhotoFolder) -> list[Label]:
        if self.pattern or (self.by_folder and not self.files):
            return self.unwritten(photos.photos)
        return read_label_file(self._file(folder, *self.files), photos.is_photo, self.columns)

    def _file(self, folder: Path, *names: str) -> Path:
        for name in names:
            for path in (_path(name), folder / name):
                if path.is_file():
                    return path
        if names:
            raise DataError(f"{folder}: no file of labels called {' or '.join(names)}; name one with data.labels=")
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
        if len(found) != 1:
            several = f"{len(found)} files may hold labels ({', '.join(path.name for path in found[:5])})"
            raise DataError(f"{folder}: {several if found else 'no file of labels'}; name it with data.labels=")
        return found[0]


def _path(name: str) -> Path:
    return Path(name).expanduser()
