"""Finds the photos of a folder and matches them with their labels."""

import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lightlab.data.images.reading import SUFFIXES as IMAGE_SUFFIXES
from lightlab.data.photos.labels import SUFFIXES as LIST_SUFFIXES
from lightlab.data.photos.labels import Columns, Label, read_label_file
from lightlab.errors import DataError, UsageError
from lightlab.files import user_path


@dataclass(frozen=True)
class Photo:
    """A file, its `name` below its folder (with forward slashes), and its label."""

    path: Path
    name: str
    label: Label


@dataclass
class Matched:
    """Photos with a label, labels without a photo, and names of photos without a label."""

    photos: list[Photo] = field(default_factory=list)
    without_photo: list[Label] = field(default_factory=list)
    without_label: list[str] = field(default_factory=list)


class PhotoFolder:
    """All files below a folder except hidden ones; a photo has a photo's suffix, or a label names it.

    Raises:
        DataError: no such folder, or one that cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder of photos")
        self.files = _files(folder)
        self._by_key: dict[str, str] = {}
        for name in self.files:
            for key in (_key(name), _key(os.path.splitext(name)[0])):
                self._by_key.setdefault(key, name)

    @property
    def photos(self) -> list[str]:
        """The names of the files with a photo's suffix."""
        return [name for name in self.files if name.lower().endswith(IMAGE_SUFFIXES)]

    def find(self, written: str) -> str | None:
        """Returns the name of the file that is written with or without its suffix, or with this folder before it."""
        key = _key(written)
        return self._by_key.get(key) or self._by_key.get(key.removeprefix(_key(self.folder.name) + "/"))

    def is_photo(self, written: str) -> bool:
        return written.lower().endswith(IMAGE_SUFFIXES) or self.find(written) is not None

    def match(self, labels: Iterable[Label]) -> Matched:
        """Finds the photo of each label.

        Raises:
            DataError: two labels name the same photo.
        """
        label_of: dict[str, Label] = {}
        matched = Matched()
        for label in labels:
            name = self.find(label.photo)
            if name is None:
                matched.without_photo.append(label)
            elif name in label_of:
                first = label_of[name].where
                raise DataError(f"{label.where}: {label.photo} already has a label, in {first}; keep one of them")
            else:
                label_of[name] = label
                matched.photos.append(Photo(self.folder / name, name, label))
        matched.without_label = [name for name in self.photos if name not in label_of]
        return matched


@dataclass(frozen=True)
class PhotoSource:
    """Where photos and their labels lie, as the config says.

    Attributes:
        folders: the first that exists is used.
        images: names of the sub-folder of photos; if there is none, they lie in the folder itself.
        files: files of labels, the first that exists is used: a path, or a name in the folder; empty: the only such
            file in the folder.
        test_file: likewise, with the labels of the test rows.
        columns: of those files.
        pattern: a regular expression that finds the label in a photo's name, in place of a file.
        by_folder: without `files` and `pattern`, labels are the names of sub-folders.
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
        return next((path for path in map(_path, self.folders) if path.is_dir()), None)

    def photos_below(self, folder: Path) -> PhotoFolder:
        return PhotoFolder(next((folder / name for name in self.images if (folder / name).is_dir()), folder))

    def match(self, folder: Path) -> tuple[Matched, set[str]]:
        """Returns the photos with their labels, and the names of the test photos.

        Raises:
            DataError: no file of labels, or one that cannot be used.
        """
        photos = self.photos_below(folder)
        if self.test_file is None:
            return photos.match(self._labels(folder, photos)), set()
        test = read_label_file(self._file(folder, self.test_file), photos.is_photo, self.columns)
        held_out = {name for label in test if (name := photos.find(label.photo))}
        labels = self._labels(folder, photos)
        train_labels = [label for label in labels if photos.find(label.photo) not in held_out]
        return photos.match([*train_labels, *test]), held_out

    @property
    def from_names(self) -> bool:
        """Whether photos' own names or sub-folders are their labels."""
        return self.pattern is not None or (self.by_folder and not self.files)

    def labels_from_names(self, names: Iterable[str]) -> list[Label]:
        if not self.from_names:
            return []
        return labels_by_pattern(names, self.pattern) if self.pattern else _labels_by_folder(names)

    def _labels(self, folder: Path, photos: PhotoFolder) -> list[Label]:
        if self.from_names:
            return self.labels_from_names(photos.photos)
        return read_label_file(self._file(folder, *self.files), photos.is_photo, self.columns)

    def _file(self, folder: Path, *names: str) -> Path:
        for name in names:
            for path in (_path(name), folder / name):
                if path.is_file():
                    return path
        if names:
            raise DataError(f"{folder}: no file of labels called {' or '.join(names)}; name one with data.labels=")
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in LIST_SUFFIXES and path.is_file())
        if len(paths) != 1:
            several = f"{len(paths)} files may hold labels ({', '.join(path.name for path in paths[:5])})"
            raise DataError(f"{folder}: {several if paths else 'no file of labels'}; name it with data.labels=")
        return paths[0]


def labels_by_pattern(names: Iterable[str], pattern: str) -> list[Label]:
    """Takes the first group of a regular expression in a photo's file name as its label.

    Raises:
        UsageError: no such expression.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"data.label_from_name={pattern}: not a regular expression ({error})") from None
    if expression.groups < 1:
        raise UsageError(f"data.label_from_name={pattern}: needs a group for the label, such as ^.([FM])")
    matches = ((name, expression.search(PurePosixPath(name).name)) for name in names)
    return [Label(name, match[1] or "", name) for name, match in matches if match]


def _labels_by_folder(names: Iterable[str]) -> list[Label]:
    """Takes the sub-folder of a photo as its class; photos in none have no label."""
    parts = ((name, PurePosixPath(name).parts) for name in names)
    return [Label(name, folders[0], name) for name, (*folders, _) in parts if folders]


def _files(folder: Path) -> list[str]:
    """Returns names below the folder as text: thousands of `Path` objects would take longer than the search."""

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror})")

    files = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        below = Path(place).relative_to(folder).as_posix()
        prefix = "" if below == "." else f"{below}/"
        files += [f"{prefix}{name}" for name in sorted(names) if not name.startswith(".")]
    return files


def _key(name: str) -> str:
    """Makes names equal whatever their slashes and however their accents are composed (macOS decomposes them)."""
    return unicodedata.normalize("NFC", name).replace("\\", "/").removeprefix("./")


def _path(name: str) -> Path:
    return user_path(name)
