"""Turns columns of dates into numbers: year, month and weekday."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lightlab.data.notation import date_of, likely_orders
from lightlab.data.sources import note
from lightlab.data.tables.raw_table import RawTable
from lightlab.errors import DataError

PARTS = ("year", "month", "weekday")  # Monday is 0
EXAMPLES = {"ymd": "2024-01-31", "dmy": "31.01.2024", "mdy": "01/31/2024"}  # by the order of year, month and day


def date_orders(table: RawTable, names: Sequence[str]) -> dict[str, str]:
    """Recognises the order of year, month and day, such as ``ymd``, in each of the columns `names`.

    Raises:
        DataError: a column that holds no dates, or dates of which month and day cannot be told apart.
    """
    orders = {}
    for name in names:
        texts = list(table.as_text(name).cat.categories)
        likely = likely_orders(texts) or ["ymd"]
        if len(likely) > 1 and any(date_of(text, likely[0]) != date_of(text, likely[1]) for text in texts):
            raise DataError(
                f"{table.where}, column {name}: {texts[0]!r} may be day or month first, and no other date decides; "
                "write dates as 2024-01-31"
            )
        orders[name] = likely[0]
    if names:
        parts = ", ".join(PARTS)
        note(f"{table.where}: dates are learnt from as {parts} (Monday is 0), without the time: {', '.join(names)}")
    return orders


def part_names(dates: Iterable[str]) -> list[str]:
    """Returns the names of the columns that stand for columns of dates."""
    return [f"{name}.{part}" for name in dates for part in PARTS]


def with_dates(table: RawTable, orders: Mapping[str, str]) -> RawTable:
    """Returns the table with the columns ``NAME.year``, ``NAME.month`` and ``NAME.weekday`` for each date column.

    Raises:
        DataError: names the rows that hold no date; a column of such a name is there already.
    """
    parts: dict[str, np.ndarray] = {}
    for name, order in orders.items():
        column = table.as_text(name)
        dates = [date_of(text, order) for text in column.cat.categories]
        codes = column.cat.codes.to_numpy()  # −1, the last, where missing
        wrong = np.array([*(day is None for day in dates), False])[codes]
        table.refuse(name, wrong, f"a date such as {EXAMPLES[order]} is expected")
        values = [(day.year, day.month, day.weekday()) for day in dates if day]
        numbers = np.array([*values, (np.nan,) * len(PARTS)], np.float64)[codes]
        parts |= {f"{name}.{part}": numbers[:, place] for place, part in enumerate(PARTS)}
    taken = [name for name in parts if name in table.frame.columns]
    if taken:
        raise DataError(f"{table.where}: column {taken[0]} is in the way of data.dates=; rename it")
    if not parts:
        return table
    return replace(table, frame=pd.concat([table.frame, pd.DataFrame(parts, index=table.frame.index)], axis=1))
