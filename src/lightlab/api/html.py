"""The tables that a notebook shows of runs and sweeps."""

from collections.abc import Sequence
from html import escape
from typing import Any


def html_table(heading: Sequence[str], rows: Sequence[Sequence[Any]], title: str, note: str = "") -> str:
    """Returns a table in HTML; numbers have four digits, None is an empty cell."""
    head = "".join(f"<th>{escape(str(cell))}</th>" for cell in heading)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
    return f"<div><b>{escape(title)}</b>{f'<br>{escape(note)}' if note else ''}{table}</div>"


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "<td></td>"
    return f"<td>{escape(f'{value:.4g}' if isinstance(value, float) else str(value))}</td>"
