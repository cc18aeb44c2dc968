"""Imports that take seconds, a fifth faster."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_done = False


@contextmanager
def uncollected() -> Iterator[None]:
    """Holds the garbage collector back: what torch and Lightning make while they are imported stays anyway.

    Afterwards it is taken out of later collections too, which would walk through all of it in the middle of training.
    That is done once: the next run of a sweep imports nothing, and what the last one left behind must not stay.
    """
    global _done
    if _done:
        gc.collect()
        yield
        return
    _done = True
    atexit.register(gc.freeze)  # nor is there anything to collect when the process ends: that would take a second
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
