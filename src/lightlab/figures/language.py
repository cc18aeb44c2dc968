"""In what language figures are labelled, and the font that this takes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import matplotlib

from lightlab.figures.chinese import CHINESE
from lightlab.figures.fonts import chinese_font, families

Say = Callable[[str], str]  # an English label → the same in the reader's language


@contextmanager
def labels(language: str) -> Iterator[Say]:
    """Gives the function that labels pass through; what is drawn and saved inside finds its font.

    Without a Chinese font ``zh`` is refused on stderr, and labels stay English: boxes would say nothing.

    Args:
        language: ``en`` or ``zh``.
    """
    family = chinese_font() if language == "zh" else None
    if language == "zh" and family is None:
        print(
            "! language=zh: no font with Chinese characters is installed, so labels stay English; install one, such "
            "as Noto Sans CJK (Debian and Ubuntu: apt install fonts-noto-cjk)",
            file=sys.stderr,
        )
    with matplotlib.rc_context({"font.family": list(families())}):
        yield CHINESE.__getitem__ if family else str
