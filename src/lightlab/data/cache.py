"""Caches of parsed files: on disk beside a fingerprint of the source, and in memory for the runs of a sweep."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from platformdirs import user_cache_path

from lightlab.errors import DataError


def cache_folder(cache_dir: str | None) -> Path:
    """`cache_dir`, or the user's own cache folder for this project; it need not exist yet."""
    return Path(cache_dir).expanduser() if cache_dir else user_cache_path("lightlab")


def cached(path: Path, cache_dir: Path, version: str, parse: Callable[[], Arrays]) -> Arrays:
    """Returns what `parse` returns for the content of `path`; `version` names the parser and its settings.

    A cache that cannot be written never stops a run, and a damaged entry is made anew.
    """
    return once(Path(path), version, lambda: _cached(Path(path), cache_dir, version, parse))


def _cached(path: Path, cache_dir: Path, version: str, parse: Callable[[], Arrays]) -> Arrays:
    entry = Path(cache_dir) / f"{fingerprint([path], version)}.npz"
    arrays = load_arrays(entry)
    if arrays is None:
        arrays = parse()
        try:
            store_arrays(entry, arrays)
        except OSError as error:
            _warn_once(
                f"warning: the cache {cache_dir} cannot be written ({error.strerror or error}); going on without"
            )
    return arrays


def fingerprint(paths: Sequence[Path], version: str) -> str:
    """A hash of the files' contents and of `version`.

    Raises:
        DataError: a file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        try:
            with open(path, "rb") as file:
                digest.update(hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).digest())
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    digest.update(version.encode())
    return digest.hexdigest()


def load_arrays(entry: Path) -> Arrays | None:
    """The arrays of an entry; None where there is none, or a damaged one."""
    try:
        with open(entry, "rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except Exception:  # a damaged archive shows itself as any of a dozen kinds
        return None


def store_arrays(entry: Path, arrays: Arrays) -> None:
    """Writes an entry whole or not at all."""
    store(entry, lambda file: np.savez(file, allow_pickle=False, **arrays))


def store(entry: Path, write: Callable[[BinaryIO], None]) -> None:
    """Has `write` fill the file, which is then whole or not there, also where two processes make it."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=entry.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        os.replace(temporary, entry)
    except BaseException:
        os.unlink(temporary)
        raise


@functools.cache
def _warn_once(message: str) -> None:
    print(message, file=sys.stderr)


Arrays = dict[str, np.ndarray]
_kept: OrderedDict[tuple[str | int, ...], Arrays] = OrderedDict()  # the latest used at the end
_limit = 0


def keep(most: int = 2**30) -> None:
    """From now on what is read is kept, up to so many bytes; before, nothing is: a single run reads once."""
    global _limit
    _limit = most


def once(path: Path, how: str, read: Callable[[], Arrays]) -> Arrays:
    """What `read` returns, or a copy of what it returned before for a file of this path, size and time.

    Args:
        how: the reader and its settings.
    """
    key = _key(path, how) if _limit else None
    if key is None:
        return read()
    if key in _kept:
        _kept.move_to_end(key)
    else:
        _kept[key] = read()
        while sum(map(_size, _kept.values())) > _limit:
            dropped, arrays = _kept.popitem(last=False)
            if dropped == key:
                return arrays
    return {name: array.copy() for name, array in _kept[key].items()}


def _key(path: Path, how: str) -> tuple[str | int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None  # which the reader explains
    return (str(path.absolute()), found.st_size, found.st_mtime_ns, found.st_ino, how)


def _size(arrays: Arrays) -> int:
    return sum(array.nbytes for array in arrays.values())
