"""Formats numbers, and translates the report's text."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import yaml


def plain(value: float | None) -> str:
    """Four digits; empty for none."""
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def mean_and_deviation(mean: float, deviation: float | None) -> str:
    """``0.9133 ± 0.0094``: to two digits of the deviation, and no further than five of the mean."""
    if deviation is None or not math.isfinite(mean):
        return plain(mean)
    if not 1e-4 < abs(mean) < 1e6:
        return f"{mean:.4g} ± {deviation:.2g}"
    most = 4 - math.floor(math.log10(abs(mean)))
    decimals = max(min(1 - math.floor(math.log10(deviation)) if deviation > 0 else 3, most), 0)
    return f"{mean:.{decimals}f} ± {deviation:.{decimals}f}"


def alike(*values: float) -> list[str]:
    """All with the same decimals: as many as tell the nearest two apart by two digits."""
    span = max(values) - min(values)
    decimals = min(max(1 - math.floor(math.log10(span)), 0), 9) if span > 0 else 4
    return [f"{value:.{decimals}f}".replace("-", "−") for value in values]


def duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def chance(p: float) -> str:
    """Of a test: ``p = 0.03``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def as_number(text: str) -> float | None:
    """The finite number that a text is; None for any other."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def short(text: str) -> str:
    """A number of many digits to four; a long text cut."""
    value = as_number(text)
    if value is not None and len(text) > 8:
        return f"{value:.4g}"
    return text if len(text) <= 60 else f"{text[:59]}…"


Say = Callable[..., str]  # an English template, and the values for it → the same in the reader's language

CHINESE = Path(__file__).parent / "templates" / "chinese.yaml"


def speaker(language: str) -> Say:
    """Of ``en`` or ``zh``; what has no Chinese stays English."""
    words = yaml.safe_load(CHINESE.read_text(encoding="utf-8")) if language == "zh" else {}

    def say(text: str, **values: object) -> str:
        return words.get(text, text).format(**values)

    return say
