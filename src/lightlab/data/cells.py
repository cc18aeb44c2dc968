"""What a cell of a CSV file is."""

from __future__ import annotations


def is_number(cell: str) -> bool:
    """Whether the text is a number as Python writes it; ``nan`` and ``inf`` are numbers too."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
