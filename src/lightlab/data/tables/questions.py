"""Refuses columns of text that are not categories as they look: dates, and numbers that are not written plainly."""

from collections.abc import Collection, Iterable

from lightlab.data.notation import date_of, likely_notations, likely_orders
from lightlab.data.tables.raw_table import RawTable
from lightlab.errors import DataError

MOST_ASKED = 3  # columns in a message


def refuse_unclear(table: RawTable, names: Iterable[str], categorical: Collection[str]) -> None:
    """Asks about columns to learn from whose texts are no plain categories, unless they are named in `categorical`.

    Raises:
        DataError: names the column, a cell, and the settings that are possible; or a column of lists or bytes.
    """
    names = list(names)
    table.refuse_unreadable(names, "data.drop= leaves it out")
    asked = {*table.text_columns} - {*categorical}
    questions = [question for name in names if name in asked and (question := _question(table, name))]
    if questions:
        more = f"; so do {len(questions) - MOST_ASKED:,} more columns" if len(questions) > MOST_ASKED else ""
        raise DataError(f"{table.where}: {'; '.join(questions[:MOST_ASKED])}{more}")


def _question(table: RawTable, name: str) -> str:
    texts = list(table.frame[name].cat.categories)
    otherwise = f"data.categorical=[{name}] takes it as categories, data.drop=[{name}] leaves it out"
    if orders := likely_orders(texts):
        example = next(text for text in texts if date_of(text, orders[0]))
        return f"column {name} holds dates ({example!r}): data.dates=[{name}] learns from their parts, {otherwise}"
    if reading := number_question(table, name):
        return f"column {name} holds numbers in another notation: {reading}, {otherwise}"
    return ""


def number_question(table: RawTable, name: str) -> str:
    """Returns which settings read a text column as numbers; an empty string if none do, or the table has them."""
    if name not in table.text_columns:
        return ""
    likely = likely_notations(table.frame[name].cat.categories)
    if not likely or table.notation in [notation for notation, _ in likely]:
        return ""
    return " or ".join(
        f"{notation.options()} {'' if place else 'reads '}{text!r} as {notation.number(text):.15g}"
        for place, (notation, text) in enumerate(likely)
    )
