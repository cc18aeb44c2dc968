"""The style of every plot: colours, fonts, and the language of its labels."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import matplotlib
from cycler import cycler
from matplotlib import ft2font, rcParams
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findSystemFonts, fontManager

from lightlab.files import whole_file
from lightlab.plots.chinese import CHINESE

# Okabe and Ito's palette (2008), told apart with any colour vision; each line also has a dash of its own.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (3, 1)), (0, (1, 1))]
CYCLE = cycler(color=COLOURS, linestyle=DASHES)


def number(value: float) -> str:
    """As a label shows it: four digits, and no power of ten where all digits can be read."""
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def rows(count: int, stage: str) -> str:
    return f"{count:,} {stage} row{'' if count == 1 else 's'}"


def save(figure: Figure, path: Path) -> None:
    """Writes the figure whole or not at all."""
    with whole_file(path) as unfinished:
        figure.savefig(unfinished, dpi=120, format=path.suffix[1:])


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


rcParams["font.family"] = list(families())  # so that what the first font lacks is drawn by the next
