"""Numbers and dates as people write them: decimal commas, marks between thousands, percent signs, full-width digits."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from lightlab.errors import UsageError

# Other ways to write the characters of a number: full-width forms, the minus sign, spaces that do not break.
_PLAIN = str.maketrans("０１２３４５６７８９．，－＋％−\u00a0\u2009\u202f\u3000", "0123456789.,-+%-    ")
_DATE = re.compile(
    r"\s*(?:(\d{4})([-/.年])(\d{1,2})([-/.月])(\d{1,2})日?|(\d{1,2})([-/.])(\d{1,2})\7(\d{4}))"
    r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?)?\s*",
    re.ASCII,
)
_LOOKED_AT = 1000  # texts of a column: enough to recognise how they are written


@dataclass(frozen=True)
class Notation:
    """How numbers are written.

    Attributes:
        decimal: the character before the decimal places.
        marks: texts that are no part of the value: between groups of three digits, or at an end, as in ``1,234 €``.
    """

    decimal: str = "."
    marks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for mark in self.marks:
            if not mark or mark == self.decimal or any(character in "0123456789+-" for character in mark):
                raise UsageError(
                    f"data.number_marks=[{mark!r}]: no digit, sign or decimal character is allowed, nor an empty text"
                )

    def number(self, text: str) -> float | None:
        """Returns the value, infinite if it is beyond float64; None if the text is not a number in this notation."""
        match = self._pattern.fullmatch(text.translate(_PLAIN).strip())
        if not match:
            return None
        if match["infinite"]:
            return float(f"{match['sign']}inf")
        digits = "".join(filter(str.isdigit, match["whole"]))
        return float(f"{match['sign']}{digits or 0}.{match['places'] or 0}{match['power'] or ''}")

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        marks = [re.escape(mark.translate(_PLAIN)) for mark in self.marks]
        between = "|".join(marks) or r"(?!)"  # matches nothing
        at_end = "|".join([r"\s", *(mark for mark in marks if mark.strip("\\ "))])
        point = re.escape(self.decimal.translate(_PLAIN))
        whole = rf"\d{{1,3}}(?P<mark>{between})\d{{3}}(?:(?P=mark)\d{{3}})*|\d+|(?={point}\d)"
        value = rf"(?P<whole>{whole})(?:{point}(?P<places>\d*))?(?P<power>e[+-]?\d+)?"
        return re.compile(
            rf"(?:{at_end}){{0,4}}(?P<sign>[+-]?)(?:{at_end}){{0,4}}(?:{value}|(?P<infinite>inf(?:inity)?))(?:{at_end}){{0,4}}",
            re.ASCII | re.IGNORECASE,
        )

    def options(self) -> str:
        """Returns the settings that choose this notation."""
        marks = ", ".join(f'"{mark}"' for mark in self.marks)
        decimal = f"""'data.decimal="{self.decimal}"'""" if self.decimal != "." else ""
        return " ".join(filter(None, [decimal, f"'data.number_marks=[{marks}]'" if marks else ""]))


PLAIN = Notation()
# Decimal characters, and marks between thousands; of two that read a text alike, the first is proposed.
_USUAL = ((".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (".", "_"))


def likely_notations(texts: Iterable[str]) -> list[tuple[Notation, str]]:
    """Recognises a column of numbers that are not written plainly.

    Returns the notations that read most of the texts, half at least, each with a text that is not written plainly; of
    notations that read this text alike, only the first. Empty: the texts are no such numbers.
    """
    looked_at = [text for text, _ in zip(texts, range(_LOOKED_AT), strict=False)]
    units = sorted({end for text in looked_at for end in (text[:1], text[-1:]) if _is_unit(end)})
    counted = []
    for decimal, mark in _USUAL:
        notation = Notation(decimal, (*filter(None, [mark]), *units))
        read = [text for text in looked_at if notation.number(text) is not None]
        special = next((text for text in read if PLAIN.number(text) is None), None)
        if special is not None and 2 * len(read) >= len(looked_at):
            counted.append((len(read), notation, special))
    most = max((count for count, _, _ in counted), default=0)
    best = [(notation, special) for count, notation, special in counted if count == most]
    by_value = {notation.number(text): (notation, text) for notation, text in reversed(best)}
    return list(reversed(by_value.values()))


def _is_unit(character: str) -> bool:
    return character in ("%", "％") or (character != "" and unicodedata.category(character) == "Sc")


ORDERS = ("ymd", "dmy", "mdy")  # of year, month and day


def date_of(text: str, order: str) -> date | None:
    """Returns the date that a text gives, a time of day left out; None if it gives none.

    Args:
        order: of year, month and day, where the year does not come first.
    """
    match = _DATE.fullmatch(text)
    if not match:
        return None
    if match[1]:
        year, month, day = match[1], match[3], match[5]
    elif order == "dmy":
        day, month, year = match[6], match[8], match[9]
    elif order == "mdy" and match[7] != ".":  # 12.31.2024 is not written
        month, day, year = match[6], match[8], match[9]
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:  # no such day
        return None


def likely_orders(texts: Sequence[str]) -> list[str]:
    """Returns the orders in which most of the texts are dates, half at least; empty if they are none.

    If ``ymd`` is one of them, it is the only one.
    """
    looked_at = texts[:_LOOKED_AT]
    counts = {order: sum(date_of(text, order) is not None for text in looked_at) for order in ORDERS}
    most = max(counts.values())
    best = [order for order, count in counts.items() if count == most and 2 * count >= len(looked_at) > 0]
    return ["ymd"] if "ymd" in best else best
