"""Names in any language, drawn by the fonts that this machine has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from matplotlib import ft2font
from matplotlib.font_manager import FontProperties, findSystemFonts, fontManager

LATIN = "DejaVu Sans"  # comes with matplotlib
# Fonts with Chinese characters that systems bring or people install, the simplified forms first.
CJK = [
    *("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB"),
    *("WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "SimHei", "Heiti SC", "STHeiti", "Noto Sans CJK TC"),
    *("Noto Sans CJK JP", "Noto Sans CJK HK", "Noto Sans CJK KR", "Droid Sans Fallback", "Arial Unicode MS", "SimSun"),
    *("Songti SC", "Noto Serif CJK SC", "Noto Serif CJK JP", "AR PL UMing CN", "AR PL UKai CN"),
]
_FILES = ("cjk", "wqy", "simhei", "msyh", "pingfang", "sourcehan", "notosanssc", "droidsansfallback", "uming", "ukai")


@cache
def chinese_font() -> str | None:
    """The family of an installed font with Chinese characters; None where there is none."""
    installed = {font.name for font in fontManager.ttflist}
    if not installed.intersection(CJK):
        installed = set(_newly_installed())
    return next((family for family in CJK if family in installed), None)


def families() -> tuple[str, ...]:
    """The fonts that are installed, in the order in which they are asked for a character."""
    return LATIN, *filter(None, [chinese_font()])


def _newly_installed() -> Iterator[str]:
    """Fonts that have come since matplotlib made its list of them."""
    for path in findSystemFonts():
        if any(part in Path(path).name.lower().replace("-", "") for part in _FILES):
            fontManager.addfont(path)
            yield FontProperties(fname=path).get_name()


def drawable(text: str) -> str:
    """The text on one line; characters that no font of `families` has as code points, which is said once."""
    text = " ".join(text.split())
    lacking = {character for character in set(text) if not character.isascii() and not _has(character)}
    if not lacking:
        return text
    _say_lacking(min(lacking))
    return "".join(f"<{ord(each):X}>" if each in lacking else each for each in text)


def legible(text: str, most: int = 24) -> str:
    """A name as a figure shows it: `drawable`, at most so many characters, and no `$` taken for a formula's."""
    text = drawable(text)
    return (text if len(text) <= most else text[: most - 1] + "…").replace("$", r"\$")


def font_path(text: str) -> str:
    """The file of the first font that has every character of `text`; of the Latin one where none does."""
    found = [name for name in families() if all(ord(each) in _characters(name) for each in set(text))]
    return _path(found[0] if found else LATIN)


def _has(character: str) -> bool:
    return any(ord(character) in _characters(name) for name in families())


@cache
def _characters(family: str) -> frozenset[int]:
    return frozenset(ft2font.FT2Font(_path(family)).get_charmap())


def _path(family: str) -> str:
    return str(fontManager.findfont(FontProperties(family=[family]), fallback_to_default=True))


@cache
def _say_lacking(character: str) -> None:
    print(
        f"! figures show {character!r} and its like as <{ord(character):X}>: no font of this machine that figures use "
        f"has them; install one such as {CJK[0]}",
        file=sys.stderr,
    )
