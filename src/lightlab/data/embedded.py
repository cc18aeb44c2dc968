"""The loud line where generated data stands in for a data set that is not at hand."""

from __future__ import annotations

import functools
import sys


@functools.cache
def say_embedded(name: str) -> None:
    """Once a process, on stderr; the results carry ``data: embedded`` besides."""
    print(
        f"! This is not {name}: training on an embedded stand-in; the results will say data: embedded", file=sys.stderr
    )
