"""The report's words in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

Say = Callable[..., str]  # an English template, and the values for it → the same in the reader's language

CHINESE = Path(__file__).parent / "templates" / "chinese.yaml"


def speaker(language: str) -> Say:
    """Of ``en`` or ``zh``; what has no Chinese stays English."""
    words = yaml.safe_load(CHINESE.read_text(encoding="utf-8")) if language == "zh" else {}

    def say(text: str, **values: object) -> str:
        return words.get(text, text).format(**values)

    return say
