"""What a user should know of the data, on stderr."""

from __future__ import annotations

import functools
import sys


@functools.cache
def say_once(remark: str) -> None:
    """Once a process: a cross-validation reads its data anew for each fold."""
    print(f"! {remark}", file=sys.stderr)
