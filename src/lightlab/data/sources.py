"""Chooses between the real files of a data set, a download of them, and synthetic data."""

import functools
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from lightlab.errors import DataError, printable
from lightlab.files import inside

Data = TypeVar("Data")


class NotFound(DataError):
    """The data set is not on disk and cannot be downloaded; a damaged file is another DataError."""


@functools.cache
def note(message: str) -> None:
    """Prints a message on stderr, once a process: a cross-validation reads its data anew for each fold."""
    print(f"! {printable(message)}", file=sys.stderr)


def real_or_synthetic(source: str, name: str, find: Callable[[], Data]) -> Data | None:
    """Returns what `find` returns, or None where synthetic data takes its place, which is noted on stderr.

    Args:
        source: ``auto`` (the real data if it can be had), ``files`` (the real data or an error) or ``embedded``.
        find: raises `NotFound` where there is no real data.
    """
    if source != "embedded":
        try:
            return find()
        except NotFound as missing:
            if source == "files":
                raise
            note(str(missing))
    note(f"Training on synthetic data in place of {name}; the results will say data: embedded")
    return None


def find_file(folder: Path, names: Sequence[str]) -> Path | None:
    """Returns the first of `names` that is a file in `folder`, each also tried with, or without, `.gz`.

    Raises:
        DataError: a name leads out of the folder.
    """
    for name in names:
        other = name.removesuffix(".gz") if name.endswith(".gz") else f"{name}.gz"
        for path in (inside(folder, name), inside(folder, other)):
            if os.path.isfile(path):  # Path.is_file raises on a name that is too long
                return path
    return None


def fetch_missing(source: str, folder: Path, expected: str, download: Callable[[], Data] | None) -> Data:
    """Downloads a data set that `folder` does not hold.

    Args:
        expected: the files that the folder should have, for messages.
        download: raises `NotFound`; None where the data set has no address.

    Raises:
        NotFound: no download is possible or wanted.
    """
    missing = f"{folder} does not hold {folder.name}: it should have {expected}"
    if source == "files" or download is None:
        online = ", or data.source=auto to download" if download else ""
        raise NotFound(f"{missing}; set data_dir= to the folder above {folder.name}{online}")
    try:
        return download()
    except NotFound as error:
        raise NotFound(f"{missing}; {error}") from None
