"""Formats numbers, and translates the report's texts."""

import math
from collections.abc import Callable
from pathlib import Path

import yaml


def plain(value: float | None) -> str:
    """A number with four digits; empty for None and for what is not finite."""
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def mean_and_deviation(mean: float, deviation: float | None) -> str:
    """``0.9133 ± 0.0094``: two digits of the deviation, at most five of the mean."""
    if deviation is None or not math.isfinite(mean):
        return plain(mean)
    if not 1e-4 < abs(mean) < 1e6:
        return f"{mean:.4g} ± {deviation:.2g}"
    most = 4 - math.floor(math.log10(abs(mean)))
    decimals = max(min(1 - math.floor(math.log10(deviation)) if deviation > 0 else 3, most), 0)
    return f"{mean:.{decimals}f} ± {deviation:.{decimals}f}"


def same_decimals(*values: float) -> list[str]:
    """Formats all values with as many decimals as show two digits of their range."""
    span = max(values) - min(values)
    decimals = min(max(1 - math.floor(math.log10(span)), 0), 9) if span > 0 else 4
    return [f"{value:.{decimals}f}".replace("-", "−") for value in values]


def duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def p_value(p: float) -> str:
    """``p = 0.03``; never zero."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def as_number(text: str) -> float | None:
    """Returns the finite number that a text spells, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def short(text: str) -> str:
    """Shortens long numbers to four digits, and other texts to 60 characters."""
    value = as_number(text)
    if value is not None and len(text) > 8:
        return f"{value:.4g}"
    return text if len(text) <= 60 else f"{text[:59]}…"


Translate = Callable[..., str]  # an English template and the values to fill in → the text in the report's language

CHINESE = Path(__file__).parent / "templates" / "chinese.yaml"


def translator(language: str) -> Translate:
    """Returns the translation to ``en`` or ``zh``; a text without a Chinese version stays English."""
    chinese = yaml.safe_load(CHINESE.read_text(encoding="utf-8")) if language == "zh" else {}

    def translate(text: str, **values: object) -> str:
        return chinese.get(text, text).format(**values)

    return translate
