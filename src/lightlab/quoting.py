"""Text as a value in Hydra's override grammar."""

from __future__ import annotations

import re


def quote(value: str) -> str:
    """`value` between quotes: Hydra reads it back as it stands.

    Within the quotes a backslash is itself, but for those that stand before a quote.
    """
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", value)
    escaped = re.sub(r"(\\+)$", r"\1\1", escaped)
    return f"'{escaped}'"
