"""Rules for single values: whether one is valid, what is expected in words, and the same as JSON Schema."""

import math
import os
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lightlab.errors import shortened
from lightlab.files import unknown_user

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # a tab may be a separator
_LONGEST_NAME = 255  # bytes, on all common file systems


@dataclass(frozen=True)
class Rule(ABC):
    """Base class of value rules; subclasses implement `fits`, `words` and `json`.

    Attributes:
        also: further values that are valid, such as None.
    """

    also: tuple[object, ...] = field(default=(), kw_only=True)

    @abstractmethod
    def fits(self, value: Any) -> bool:
        """Whether the value is valid, `also` apart."""

    @abstractmethod
    def words(self) -> str:
        """What is expected, as it follows "must be"."""

    @abstractmethod
    def json(self) -> dict[str, Any]:
        """The rule as JSON Schema, `also` apart."""

    def takes(self, value: Any) -> bool:
        return self.fits(value) or any(value == other and type(value) is type(other) for other in self.also)

    def refusal(self, value: Any) -> str:
        """What is wrong with a value that is not valid, as it follows "key=value: "."""
        return f"must be {self}"

    def __str__(self) -> str:
        return self.words() + "".join(f", or {_shown(other)}" for other in self.also)

    def schema(self) -> dict[str, Any]:
        """The rule as JSON Schema."""
        return {"anyOf": [self.json(), {"enum": list(self.also)}]} if self.also else self.json()


@dataclass(frozen=True)
class Whole(Rule):
    """A whole number between two bounds, both valid."""

    at_least: int = 0
    at_most: int = 10**9

    def fits(self, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.at_least <= value <= self.at_most

    def words(self) -> str:
        return f"a whole number of at least {self.at_least}, at most {self.at_most}"

    def json(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.at_least, "maximum": self.at_most}


@dataclass(frozen=True)
class Number(Rule):
    """A finite number between `low` and `high`; `open_low` and `open_high` exclude the bounds themselves."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def fits(self, value: Any) -> bool:
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) < sys.float_info.max:
            return False
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below

    def words(self) -> str:
        low = f"{'above' if self.open_low else 'of at least'} {self.low:g}" if self.low > -math.inf else ""
        high = f"{'below' if self.open_high else 'of at most'} {self.high:g}" if self.high < math.inf else ""
        return " ".join(["a number", *filter(None, [low, "and" if low and high else "", high])])

    def json(self) -> dict[str, Any]:
        low = {"exclusiveMinimum" if self.open_low else "minimum": self.low} if self.low > -math.inf else {}
        high = {"exclusiveMaximum" if self.open_high else "maximum": self.high} if self.high < math.inf else {}
        return {"type": "number"} | low | high


@dataclass(frozen=True)
class Batches(Number):
    """A number of batches, or a share of them: 1 is one batch, 1.0 is all."""

    low: float = 0

    def fits(self, value: Any) -> bool:
        return super().fits(value) and (isinstance(value, int) or value <= 1)

    def words(self) -> str:
        return "a whole number of batches, or a share of them, at most 1.0"


@dataclass(frozen=True)
class OneOf(Rule):
    """One of several values."""

    values: tuple[object, ...]

    def fits(self, value: Any) -> bool:
        return any(value == other and type(value) is type(other) for other in self.values)

    def words(self) -> str:
        return "one of " + ", ".join(map(str, self.values))

    def json(self) -> dict[str, Any]:
        return {"enum": list(self.values)}


@dataclass(frozen=True)
class Text(Rule):
    """A text on one line that is not empty, such as a name or a word."""

    at_most: int = 4000

    def fits(self, value: Any) -> bool:
        return isinstance(value, str) and value != "" and self._flaw(value) is None

    def refusal(self, value: Any) -> str:
        flaw = self._flaw(value) if isinstance(value, str) else None
        return flaw or super().refusal(value)

    def _flaw(self, text: str) -> str | None:
        if len(text) > self.at_most:
            return f"has {len(text)} characters; at most {self.at_most} are possible"
        if match := _CONTROL.search(text):
            return f"character {match.start() + 1} is a line break or a control character"
        return None

    def words(self) -> str:
        return "text"

    def json(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.at_most}


@dataclass(frozen=True)
class Place(Text):
    """The path of a file or folder."""

    def _flaw(self, text: str) -> str | None:
        if any(len(os.fsencode(name)) > _LONGEST_NAME for name in text.split("/")):
            return f"has a name of more than {_LONGEST_NAME} bytes, which no file can have"
        return unknown_user(text) or super()._flaw(text)


@dataclass(frozen=True)
class ListOf(Rule):
    """A list whose items all follow a rule."""

    rule: Rule
    length: int | None = None
    at_most: int = 100_000

    def fits(self, value: Any) -> bool:
        if not isinstance(value, list) or self.length not in (None, len(value)) or len(value) > self.at_most:
            return False
        return all(self.rule.takes(item) for item in value)

    def words(self) -> str:
        most = f" of at most {self.at_most}" if self.at_most < ListOf.at_most else ""
        return f"a list{f' of {self.length}' if self.length else most}, each item {self.rule}"

    def json(self) -> dict[str, Any]:
        length = {"minItems": self.length} if self.length else {}
        return {"type": "array", "items": self.rule.schema(), "maxItems": self.length or self.at_most} | length


@dataclass(frozen=True)
class AnyOf(Rule):
    """A value that one of several rules takes."""

    rules: tuple[Rule, ...]

    def fits(self, value: Any) -> bool:
        return any(rule.takes(value) for rule in self.rules)

    def refusal(self, value: Any) -> str:
        of_text = [rule for rule in self.rules if isinstance(rule, Text) and isinstance(value, str)]
        return of_text[0].refusal(value) if of_text else super().refusal(value)

    def words(self) -> str:
        return " or ".join(map(str, self.rules))

    def json(self) -> dict[str, Any]:
        return {"anyOf": [rule.schema() for rule in self.rules]}


@dataclass(frozen=True)
class MappingOf(Rule):
    """Names, each with a value that follows a rule; any value without one."""

    rule: Rule | None = None

    def fits(self, value: Any) -> bool:
        return isinstance(value, dict) and (self.rule is None or all(map(self.rule.takes, value.values())))

    def words(self) -> str:
        return "a group of keys" + (f", each value {self.rule}" if self.rule else "")

    def json(self) -> dict[str, Any]:
        return {"type": "object"} | ({"additionalProperties": self.rule.schema()} if self.rule else {})


MISSING = object()


def problem_of(contents: Any, form: Mapping[str, Rule]) -> str:
    """Returns what is wrong with `contents` in a few words; empty if nothing is.

    Args:
        form: the rule of each key; dots lead into mappings: ``target.scale.std``. One that ends in ``?`` may be absent.
    """
    for name, rule in form.items():
        value = contents
        for part in name.removesuffix("?").split("."):
            value = value.get(part, MISSING) if isinstance(value, dict) else MISSING
        if value is MISSING and not name.endswith("?"):
            return f"{name} is missing"
        if value is not MISSING and not rule.takes(value):
            return f"{name} is {shortened(value)}; it must be {rule}"
    return ""


@dataclass(frozen=True)
class Part(Rule):
    """A class or function with its options, as Hydra instantiates it."""

    def fits(self, value: Any) -> bool:
        return isinstance(value, dict) and "_target_" in value

    def words(self) -> str:
        return "a class or function (`_target_`) with its options"

    def json(self) -> dict[str, Any]:
        return {"type": "object"}


def _shown(value: object) -> str:
    return "null" if value is None else str(value)


POSITIVE = Number(0, open_low=True)
NOT_NEGATIVE = Number(0)
SHARE = Number(0, 1, open_high=True)
SWITCH = OneOf((True, False))
