"""In what language figures are labelled, and the font that this takes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
from matplotlib import font_manager

from lightlab.figures.chinese import CHINESE

Say = Callable[[str], str]  # an English label → the same in the reader's language

# Fonts with Chinese characters that systems bring or people install, the simplified forms first.
_FAMILIES = [
    *("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB"),
    *(
        "WenQuanYi Zen Hei",
        "WenQuanYi Micro Hei",
        "SimHei",
        "Heiti SC",
        "STHeiti",
        "Noto Sans CJK TC",
        "Noto Sans CJK JP",
    ),
    *("Noto Sans CJK HK", "Noto Sans CJK KR", "Droid Sans Fallback", "Arial Unicode MS", "SimSun", "Songti SC"),
    *("Noto Serif CJK SC", "Noto Serif CJK JP", "AR PL UMing CN", "AR PL UKai CN"),
]
_FILES = ("cjk", "wqy", "simhei", "msyh", "pingfang", "sourcehan", "notosanssc", "droidsansfallback", "uming", "ukai")


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
    families = ["DejaVu Sans", *([family] if family else [])]  # the second for what the first lacks
    with matplotlib.rc_context({"font.family": families}):
        yield CHINESE.__getitem__ if family else str


def chinese_font() -> str | None:
    """The family of an installed font with Chinese characters; None where there is none."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    if not known.intersection(_FAMILIES):
        known = set(_newly_installed())
    return next((family for family in _FAMILIES if family in known), None)


def _newly_installed() -> Iterator[str]:
    """Fonts that have come since matplotlib made its list of them."""
    for path in font_manager.findSystemFonts():
        if any(part in Path(path).name.lower().replace("-", "") for part in _FILES):
            font_manager.fontManager.addfont(path)
            yield font_manager.FontProperties(fname=path).get_name()
