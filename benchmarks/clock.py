"""Charges all the time of a process to named stages, one after the other."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from typing import Any


class Clock:
    """Starts when the process did, as far as its CPU time tells."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = defaultdict(float)
        self.last = time.perf_counter() - time.process_time()

    def mark(self, stage: str) -> None:
        """What has passed since the last mark belongs to `stage`."""
        now = time.perf_counter()
        self.stages[stage] += now - self.last
        self.last = now

    def charge(self, owner: Any, name: str, stage: str, before: str) -> None:
        """From now on `owner.name(…)` belongs to `stage`, and what has passed when it is called to `before`."""
        function = getattr(owner, name)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.mark(before)
            try:
                return function(*args, **kwargs)
            finally:
                self.mark(stage)

        setattr(owner, name, timed)


CLOCK = Clock()
EPOCH_ENDS = "epoch ends, the rest"
