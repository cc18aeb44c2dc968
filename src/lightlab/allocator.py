"""Tells glibc to keep the pages that large tensors give back, so that each step need not fault them in again."""

from __future__ import annotations

import ctypes
import sys

_SETTINGS = {
    -3: 2**30,  # M_MMAP_THRESHOLD: up to 1 GiB comes from the heap
    -1: 2**31 - 1,  # M_TRIM_THRESHOLD: the heap's top is not given back
    -2: 256 * 2**20,  # M_TOP_PAD: the heap grows in steps of 256 MiB
}


def keep_pages() -> bool:
    """Sets glibc's allocator for this process; False where there is no glibc or it refuses."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return all(mallopt(option, value) == 1 for option, value in _SETTINGS.items())
