"""Rules for single values of a config or a command line: each says in words what it takes."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    at_least: int = 0
    at_most: float = math.inf
    also: tuple[object, ...] = ()  # further values that are taken

    def __str__(self) -> str:
        return f"a whole number of at least {self.at_least}" + (
            f", at most {self.at_most}" if self.at_most < math.inf else ""
        )

    def takes(self, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.at_least <= value <= self.at_most


@dataclass(frozen=True)
class Number:
    """A finite number between `low` and `high`; `open_low` and `open_high` leave the bounds themselves out."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    also: tuple[object, ...] = ()

    def __str__(self) -> str:
        low = f"{'above' if self.open_low else 'of at least'} {self.low:g}" if self.low > -math.inf else ""
        high = f"{'below' if self.open_high else 'of at most'} {self.high:g}" if self.high < math.inf else ""
        return " ".join(["a number", *filter(None, [low, "and" if low and high else "", high])])

    def takes(self, value: Any) -> bool:
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) < sys.float_info.max:
            return False
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below


@dataclass(frozen=True)
class Batches(Number):
    """So many batches, or a share of them: 1 is one, 1.0 is all."""

    low: float = 0

    def __str__(self) -> str:
        return "a whole number of batches, or a share of them, at most 1.0"

    def takes(self, value: Any) -> bool:
        return super().takes(value) and (isinstance(value, int) or value <= 1)


@dataclass(frozen=True)
class OneOf:
    """One of several values."""

    values: tuple[object, ...]
    also: tuple[object, ...] = ()

    def __str__(self) -> str:
        return "one of " + ", ".join(map(str, self.values))

    def takes(self, value: Any) -> bool:
        return any(value == each and type(value) is type(each) for each in self.values)


@dataclass(frozen=True)
class Text:
    """A word or a path."""

    also: tuple[object, ...] = ()

    def __str__(self) -> str:
        return "text"

    def takes(self, value: Any) -> bool:
        return isinstance(value, str) and value != ""


@dataclass(frozen=True)
class ListOf:
    """A list, each of whose items the rule takes."""

    rule: Rule
    length: int | None = None
    also: tuple[object, ...] = ()

    def __str__(self) -> str:
        return f"a list{f' of {self.length}' if self.length else ''}, each item {self.rule}"

    def takes(self, value: Any) -> bool:
        return (
            isinstance(value, list)
            and self.length in (None, len(value))
            and all(self.rule.takes(item) for item in value)
        )


Rule = Whole | Number | OneOf | Text | ListOf
POSITIVE = Number(0, open_low=True)
NOT_NEGATIVE = Number(0)
SHARE = Number(0, 1, open_high=True)
SWITCH = OneOf((True, False))
