"""From values to places on a chart."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from lightlab.report.numbers import plain


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` become places from `start` to `end`, in pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, self.low / 1e3))
        share = (value - low) / (high - low)
        return round(self.start + min(max(share, -1.0), 2.0) * (self.end - self.start), 1)

    def ticks(self, count: int = 5) -> list[tuple[float, str]]:
        """Places and labels of about so many round values."""
        values = _log_ticks(self.low, self.high) if self.log else []
        values = values if len(values) > 1 else _linear_ticks(self.low, self.high, count)
        return [(self(value), plain(value)) for value in values]


def fitting(values: Iterable[float], start: float, end: float) -> Scale:
    """A scale on which these can be told apart: logarithmic where they span more than a factor of 30.

    What lies beyond a thousand times the median, as of a run that diverges, is cut off.
    """
    found = sorted(value for value in values if math.isfinite(value)) or [0.0, 1.0]
    low, high = found[0], found[-1]
    middle = median(map(abs, found))
    high = min(high, 1e3 * middle) if middle > 0 else high
    low = max(low, -1e3 * middle) if middle > 0 else low
    if low > 0 and high / low > 30:
        low = max(low, high / 1e12)
        return Scale(low / 1.1, high * 1.1, start, end, log=True)
    margin = 0.04 * (high - low) or 0.1 * abs(high) or 0.5
    return Scale(low - margin, high + margin, start, end)


def _linear_ticks(low: float, high: float, count: int) -> list[float]:
    rough = (high - low) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= 0.75 * rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [index * step for index in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = max(1, (last - first) // 6)
    steps = (1, 2, 5) if last - first <= 3 else (1,)
    found = [factor * 10.0**power for power in range(first, last + 1, every) for factor in steps]
    return [value for value in found if low <= value <= high]
