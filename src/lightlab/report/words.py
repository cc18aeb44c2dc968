"""The report's words in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from lightlab.report.chinese import CHINESE

Say = Callable[..., str]  # an English template, and the values for it → the same in the reader's language


def speaker(language: str) -> Say:
    """Args:
    language: ``en`` or ``zh``.
    """

    def say(text: str, **values: object) -> str:
        return (CHINESE[text] if language == "zh" else text).format(**values)

    return say
