"""Finds the photos of a folder and matches them with their labels."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lightlab.data.images.reading import SUFFIXES as IMAGE_SUFFIXES
from lightlab.data.photos.labels import SUFFIXES as LIST_SUFFIXES
from lightlab.data.photos.labels import Columns, Label, read_label_file
from lightlab.errors import DataError, UsageError
from lightlab.files import whole_file

SHOWN = 3  # names of each kind


@dataclass
class Report:
    """Problems by kind, each kind with the names that it concerns.

    Attributes:
        folder: that is reported on.
        kinds: what is wrong → names, each perhaps with a reason.
    """

    folder: Path
    kinds: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, names: Sequence[str]) -> None:
        if names:
            self.kinds.setdefault(kind, []).extend(names)

    @property
    def summary(self) -> str:
        return "; ".join(f"{kind}: {len(names):,}" for kind, names in self.kinds.items())

    def settle(self, choice: str, listing: Path) -> None:
        """Says what there is to say; the whole of it in the file `listing` where it is more than a line should hold.

        Args:
            choice: ``refuse`` or ``skip``.

        Raises:
            DataError: the choice is to refuse.
        """
        if not self.kinds:
            return
        kinds = [f"{kind}: {len(names):,} ({_some(names)})" for kind, names in self.kinds.items()]
        words = f"{self.folder}: {'; '.join(kinds)}{self._whole(listing)}"
        if choice == "refuse":
            raise DataError(f"{words}. Mend them, or leave them out with data.bad_photos=skip")
        print(f"! Left out: {words}", file=sys.stderr)

    def _whole(self, listing: Path) -> str:
        if all(len(names) <= SHOWN for names in self.kinds.values()):
            return ""
        try:
            with whole_file(listing) as unfinished:
                lines = (f"{kind}: {name}\n" for kind, names in self.kinds.items() for name in names)
                unfinished.write_text("".join(lines), encoding="utf-8", errors="replace")
        except OSError:  # the names that are shown have to do
            return ""
        return f"; all of them: {listing}"


def _some(names: Sequence[str]) -> str:
    more = f", and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


@dataclass(frozen=True)
class Photo:
    """A file, its `name` below its folder (with forward slashes), and its label."""

    path: Path
    name: str
    label: Label


@dataclass
class Matched:
    """Photos that have a label, and what is left over: labels without a photo, names of photos without a label."""

    photos: list[Photo] = field(default_factory=list)
    without_photo: list[Label] = field(default_factory=list)
    without_label: list[str] = field(default_factory=list)


class PhotoFolder:
    """All files below a folder but hidden ones; photos are those whose ending says so, or that a label names.

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
        """Names of the files whose ending is a photo's."""
        return [name for name in self.files if name.lower().endswith(IMAGE_SUFFIXES)]

    def find(self, written: str) -> str | None:
        """The name of the file that somebody wrote as `written`: with or without its ending, this folder before it."""
        key = _key(written)
        return self._by_key.get(key) or self._by_key.get(key.removeprefix(_key(self.folder.name) + "/"))

    def is_photo(self, written: str) -> bool:
        return written.lower().endswith(IMAGE_SUFFIXES) or self.find(written) is not None

    def match(self, labels: Iterable[Label]) -> Matched:
        """Gives each label its photo.

        Raises:
            DataError: two labels name the same photo.
        """
        found: dict[str, Label] = {}
        matched = Matched()
        for label in labels:
            name = self.find(label.photo)
            if name is None:
                matched.without_photo.append(label)
            elif name in found:
                raise DataError(f"{label.where}: {label.photo} has a label already, in {found[name].where}; leave one")
            else:
                found[name] = label
                matched.photos.append(Photo(self.folder / name, name, label))
        matched.without_label = [name for name in self.photos if name not in found]
        return matched


def labels_from_folders(names: Iterable[str]) -> list[Label]:
    """Each photo's class: the sub-folder that it lies in. Photos in none have no label."""
    parts = ((name, PurePosixPath(name).parts) for name in names)
    return [Label(name, each[0], name) for name, each in parts if len(each) > 1]


def labels_from_names(names: Iterable[str], pattern: str) -> list[Label]:
    """Each photo's label: the first group of a regular expression that its file's name has.

    Raises:
        UsageError: no such expression.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"data.label_from_name={pattern}: not a regular expression ({error})") from None
    if expression.groups < 1:
        raise UsageError(f"data.label_from_name={pattern}: needs a group for the label, such as ^.([FM])")
    found = ((name, expression.search(PurePosixPath(name).name)) for name in names)
    return [Label(name, match[1] or "", name) for name, match in found if match]


def _files(folder: Path) -> list[str]:
    """Names below the folder, as text: making a path for each of thousands takes longer than finding them."""

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror})")

    found = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        below = Path(place).relative_to(folder).as_posix()
        prefix = "" if below == "." else f"{below}/"
        found += [f"{prefix}{name}" for name in sorted(names) if not name.startswith(".")]
    return found


def _key(name: str) -> str:
    """Names are the same whatever their slashes and however their accents are composed (macOS takes them apart)."""
    return unicodedata.normalize("NFC", name).replace("\\", "/").removeprefix("./")


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
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in LIST_SUFFIXES and path.is_file())
        if len(found) != 1:
            several = f"{len(found)} files may hold labels ({', '.join(path.name for path in found[:5])})"
            raise DataError(f"{folder}: {several if found else 'no file of labels'}; name it with data.labels=")
        return found[0]


def _path(name: str) -> Path:
    return Path(name).expanduser()
