"""Notes to the user about the data, on stderr."""

from __future__ import annotations

import functools
import sys


@functools.cache
def say_embedded(name: str) -> None:
    """Once a process, on stderr; the results carry ``data: embedded`` besides."""
    print(
        f"! This is not {name}: training on an embedded stand-in; the results will say data: embedded", file=sys.stderr
    )


@functools.cache
def say_once(remark: str) -> None:
    """Once a process: a cross-validation reads its data anew for each fold."""
    print(f"! {remark}", file=sys.stderr)
