"""What this process has read, kept for the next run of a sweep and the next fold, which read the same files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np

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
