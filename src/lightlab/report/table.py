"""A table before it is drawn: the page and the text draw it each in its way."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lightlab.report.comparison import Comparison
from lightlab.report.configurations import FOUND_DATA, Configuration, setting
from lightlab.report.numbers import as_number, short
from lightlab.report.run import Run
from lightlab.report.words import Say

_MOST_KEYS = 4  # with a column of their own
_MOST_OTHERS = 3  # metrics beside the one that is compared


@dataclass
class Cell:
    """Attributes:
    sort: what a column of numbers is sorted by.
    kind: ``text``, ``short`` (on one line), ``reason`` (long), ``number``, ``outcome``, ``link`` or ``command``.
    more: the link's target, or the whole of a text that is cut.
    """

    text: str
    sort: float | None = None
    kind: str = "text"
    more: str = ""


@dataclass
class Row:
    """Attributes:
    of: number of the configuration, from 0, best first.
    """

    of: int
    cells: list[Cell]


@dataclass
class Table:
    """Attributes:
    test: the columns of the test rows, which pick nothing.
    """

    columns: list[str]
    rows: list[Row]
    test: list[str]


def other_metrics(runs: Iterable[Run], metric: str) -> list[str]:
    """On the test rows first, then validation; those of single classes are left out."""
    names = dict.fromkeys(name for run in runs for name in run.metrics if name.count("/") == 1 and name != metric)
    base = metric.partition("/")[0]
    known = [name for name in names if name.endswith(("/test", "/val"))]
    bases = list(dict.fromkeys([base, "loss", *(name.partition("/")[0] for name in known)]))
    known.sort(key=lambda name: (name.endswith("/val"), bases.index(name.partition("/")[0])))
    tests = [name for name in known if name.endswith("/test")][: _MOST_OTHERS - 1]
    return [*tests, *(name for name in known if name.endswith("/val"))][:_MOST_OTHERS]


def of_test_rows(comparison: Comparison, names: list[str]) -> list[str]:
    """None of a cross-validation's, which are measured on the rows held out."""
    return [] if comparison.metric.endswith("/test") else [name for name in names if name.endswith("/test")]


def without_empty_columns(table: Table) -> Table:
    kept = [
        index for index in range(len(table.columns)) if any(row.cells[index].text for row in table.rows) or index == 0
    ]
    rows = [Row(row.of, [row.cells[index] for index in kept]) for row in table.rows]
    return Table([table.columns[index] for index in kept], rows, table.test)


def key_columns(comparison: Comparison, say: Say) -> list[str]:
    if 0 < len(comparison.keys) <= _MOST_KEYS:
        return [say(key) if key == FOUND_DATA else key for key in comparison.keys]
    return [say("configuration")]


def key_cells(comparison: Comparison, configuration: Configuration, run: Run | None = None) -> list[Cell]:
    if not 0 < len(comparison.keys) <= _MOST_KEYS:
        return [Cell(configuration.label or comparison.task)]
    told = {key: setting(run, key) for key in comparison.keys} if run else configuration.settings
    return [Cell(short(text), as_number(text), more=text if short(text) != text else "") for text in told.values()]


def number_cell(text: str, value: float | None) -> Cell:
    return Cell(text, value if value is not None and math.isfinite(value) else None, "number")


def link(target: Path, to: Path) -> str:
    """As a page in `to` names it; it never names a scheme, whatever the folder is called."""
    try:
        relative = os.path.relpath(target, to)
    except ValueError:  # another drive
        return target.absolute().as_uri()
    address = quote(Path(relative).as_posix())
    return address if address.startswith("../") else f"./{address}"
