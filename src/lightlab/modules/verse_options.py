"""The options of predict.py for verse; needs no torch, so that mistakes are reported before it is imported."""

from dataclasses import dataclass

from lightlab.config.rules import SWITCH, Number, Rule, Text, Whole
from lightlab.errors import UsageError

VERSE_RULES: dict[str, Rule] = {
    "start": Text(),
    "acrostic": Text(),
    "lines": Whole(1, 1000),
    "length": Whole(1, 1000),
    "temperature": Number(0, 1_000_000),
    "top_k": Whole(1, 1_000_000),
    "top_p": Number(0, 1, open_low=True),
    "count": Whole(1, 1_000_000),
    "seed": Whole(0, 2**32 - 1),
    "rhyme": SWITCH,
    "no_repeat": SWITCH,
}


MOST_CHARACTERS = 100_000_000  # of all poems together


@dataclass(frozen=True)
class Verse:
    """The form of a poem and how its characters are chosen.

    Attributes:
        start: the first character, or several between commas: `count` poems for each.
        acrostic: the first character of each line.
        lines: lines of a poem; None means 4, or one for each character of the acrostic.
        length: characters of a line, without its mark.
        temperature: divides the logits; 0 takes the likeliest character.
        top_k: draws only from this many of the likeliest characters.
        top_p: draws only from the likeliest characters whose probabilities together reach it, in (0, 1].
        rhyme: even lines rhyme.
        no_repeat: no character occurs twice in a poem.

    Raises:
        UsageError: the form contradicts itself, a start is not a single character, or there is too much to write.
    """

    start: str = ""
    acrostic: str = ""
    lines: int | None = None
    length: int = 7
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    count: int = 1
    seed: int = 0
    rhyme: bool = False
    no_repeat: bool = False

    def __post_init__(self) -> None:
        if self.start and self.acrostic:
            raise UsageError(f"start={self.start} acrostic={self.acrostic}: give one of the two")
        for character in self.starts:
            if len(character) != 1:
                raise UsageError(f"start={self.start}: must be one character, or several between commas: start=春,江")
        if self.acrostic and self.lines not in (None, len(self.acrostic)):
            raise UsageError(
                f"acrostic={self.acrostic}: {len(self.acrostic)} characters for lines={self.lines}; leave out lines="
            )

        characters = max(1, len(self.starts)) * self.count * self.line_count * self.length
        if characters > MOST_CHARACTERS:
            raise UsageError(
                f"count={self.count} lines={self.line_count} length={self.length}: {characters:,} characters; at most "
                f"{MOST_CHARACTERS:,} are written at a time"
            )

    @property
    def starts(self) -> list[str]:
        """Returns the single starts; empty if none is given."""
        return [part.strip() for part in self.start.replace("，", ",").split(",")] if self.start else []

    @property
    def line_count(self) -> int:
        return len(self.acrostic) or self.lines or 4

    def first_of_line(self, line: int, start: str) -> str:
        """Returns the character that a line (from 0) must begin with; empty if any may."""
        if self.acrostic:
            return self.acrostic[line]
        return start if line == 0 else ""


def mark_after(line: int) -> str:
    """Returns the mark that ends a line (from 0)."""
    return "，。"[line % 2]
