"""The photos of a folder, and which label belongs to which."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lightlab.data.images import SUFFIXES
from lightlab.data.photo_labels import Label
from lightlab.errors import DataError, UsageError


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
        return [name for name in self.files if name.lower().endswith(SUFFIXES)]

    def find(self, written: str) -> str | None:
        """The name of the file that somebody wrote as `written`: with or without its ending, this folder before it."""
        key = _key(written)
        return self._by_key.get(key) or self._by_key.get(key.removeprefix(_key(self.folder.name) + "/"))

    def is_photo(self, written: str) -> bool:
        return written.lower().endswith(SUFFIXES) or self.find(written) is not None

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
