"""What was decoded once is not decoded again: pixels in a file that is mapped into memory."""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import PIL

from lightlab.data.photo_decoding import Failures, Form, decode, decode_blocks
from lightlab.errors import DataError, one_line

VERSION = f"photos 1, Pillow {PIL.__version__}"


def decode_cached(
    paths: Sequence[Path], form: Form, workers: int, cache_dir: Path, most_bytes: int
) -> tuple[np.ndarray, Failures]:
    """`photo_decoding.decode`, with pixels memory-mapped from the cache: known by the files' names, sizes and times.

    Args:
        most_bytes: of pixels that are held in memory instead where the cache cannot be written.

    Raises:
        DataError: the cache cannot be written, and the pixels are too many to do without.
    """
    shape = (len(paths), *form.shape)
    entry = cache_dir / "photos" / f"{_fingerprint(paths, form)}.pixels"
    found = _load(entry, shape)
    if found is not None:
        return found
    try:
        _store(entry, paths, form, workers)
    except OSError as error:
        reason = f"the cache {cache_dir} cannot be written ({error.strerror or one_line(error)})"
        if math.prod(shape) > most_bytes:
            needed = f"{math.prod(shape) / 2**20:,.0f} MiB of photos are more than data.most_memory"
            raise DataError(f"{reason}, and {needed}; set cache_dir= to a folder with room") from None
        print(f"warning: {reason}; going on without", file=sys.stderr)
    return _load(entry, shape) or decode(paths, form, workers)


def _fingerprint(paths: Sequence[Path], form: Form) -> str:
    digest = hashlib.blake2b(f"{VERSION} {form}".encode(), digest_size=16)
    for path in paths:
        try:
            status = os.stat(path)
            state = f"{status.st_size} {status.st_mtime_ns}"
        except OSError as error:
            state = str(error.strerror)
        digest.update(f"\0{os.path.abspath(path)}\0{state}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _store(entry: Path, paths: Sequence[Path], form: Form, workers: int) -> None:
    """Pixels as they lie in memory, then the failures as JSON; written beside and renamed."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=entry.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            failures = decode_blocks(paths, form, workers, lambda first, block: file.write(block.data))
            file.write(json.dumps(list(failures.items())).encode())
        os.replace(unfinished, entry)
    except BaseException:
        os.unlink(unfinished)
        raise


def _load(entry: Path, shape: tuple[int, ...]) -> tuple[np.ndarray, Failures] | None:
    try:
        with open(entry, "rb") as file:
            file.seek(math.prod(shape))
            failures = {int(row): str(reason) for row, reason in json.load(file)}
        # Copy on write, because torch warns of arrays that cannot be written.
        return np.memmap(entry, np.uint8, "c", shape=shape), failures
    except (OSError, ValueError, TypeError):  # none yet, or a damaged one
        return None
