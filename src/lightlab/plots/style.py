"""The style of every plot: colours, grids of charts, fonts, and the language of its labels."""

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path

from cycler import cycler
from matplotlib import ft2font, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findSystemFonts, fontManager

from lightlab.files import whole_file
from lightlab.plots.chinese import CHINESE

# Okabe and Ito's palette (2008), which suits any colour vision; lines also differ by their dashes.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (3, 1)), (0, (1, 1))]
# The colours again with other dashes: no two of 49 lines are alike.
CYCLE = cycler(color=COLOURS * 7, linestyle=[DASHES[(place + turn) % 7] for turn in range(7) for place in range(7)])


class ShownFigure(Figure):
    """A figure that a notebook shows, whichever backend is active."""

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, dpi=100, format="png")
        return buffer.getvalue()


def charts(count: int, columns: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure of `count` charts in rows of at most `columns`, `width` by `height` inches each."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = ShownFigure(figsize=(width * columns, height * rows), layout="constrained")
    return figure, [figure.add_subplot(rows, columns, index + 1) for index in range(count)]


def save(figure: Figure, path: Path) -> None:
    """Writes the figure whole or not at all."""
    with whole_file(path) as unfinished:
        figure.savefig(unfinished, dpi=120, format=path.suffix[1:])


def format_number(value: float) -> str:
    """Four digits, and no power of ten where all digits can be read."""
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def format_rows(count: int, stage: str) -> str:
    """``1,234 val rows``."""
    return f"{count:,} {stage} row{'' if count == 1 else 's'}"


Translate = Callable[[str], str]  # an English label → the same in the reader's language


def translator(language: str) -> Translate:
    """The function that labels pass through.

    Without a Chinese font labels stay English, with a warning on stderr: boxes would say nothing.

    Args:
        language: ``en`` or ``zh``.
    """
    if language != "zh":
        return str
    if chinese_font() is None:
        print(
            "! language=zh: no font with Chinese characters is installed, so labels stay English; install one, such "
            "as Noto Sans CJK (Debian and Ubuntu: apt install fonts-noto-cjk)",
            file=sys.stderr,
        )
        return str
    return CHINESE.__getitem__


LATIN = "DejaVu Sans"  # comes with matplotlib
# Fonts with Chinese characters that systems bring or people install, the simplified forms first.
CJK = [
    *("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB"),
    *("WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "SimHei", "Heiti SC", "STHeiti", "Noto Sans CJK TC"),
    *("Noto Sans CJK JP", "Noto Sans CJK HK", "Noto Sans CJK KR", "Droid Sans Fallback", "Arial Unicode MS", "SimSun"),
    *("Songti SC", "Noto Serif CJK SC", "Noto Serif CJK JP", "AR PL UMing CN", "AR PL UKai CN"),
]


@cache
def chinese_font() -> str | None:
    """The family of an installed font with Chinese characters; None where there is none."""
    if not set(CJK).intersection(fontManager.get_font_names()):
        known = {font.fname for font in fontManager.ttflist}
        for path in set(findSystemFonts()) - known:  # installed since matplotlib made its list
            with suppress(OSError, RuntimeError):  # a font that matplotlib cannot read
                fontManager.addfont(path)
    return next((family for family in CJK if family in fontManager.get_font_names()), None)


def families() -> tuple[str, ...]:
    """The installed fonts that draw text, the first one preferred."""
    return LATIN, *filter(None, [chinese_font()])


rcParams["font.family"] = list(families())  # so that what the first font lacks is drawn by the next


def label_text(text: str, most: int = 24) -> str:
    """A name as a figure shows it: on one line, at most so many characters, and no `$` taken for a formula's."""
    text = replace_missing_glyphs(text)
    return (text if len(text) <= most else text[: most - 1] + "…").replace("$", r"\$")


def replace_missing_glyphs(text: str) -> str:
    """The text on one line, with code points for characters that no font of `families` has; warns once."""
    text = " ".join(text.split())
    missing = set(text).difference(*map(_characters, families()))
    if missing:
        _warn_of(min(missing))
    return "".join(f"<{ord(character):X}>" if character in missing else character for character in text)


@cache
def _warn_of(character: str) -> None:
    print(
        f"! figures show {character!r} and its like as <{ord(character):X}>: no font of this machine that figures use "
        f"has them; install one such as {CJK[0]}",
        file=sys.stderr,
    )


def font_path(text: str) -> str:
    """The file of the first font that has every character of `text`, or of the Latin one where none does."""
    return _path(next((family for family in families() if _characters(family).issuperset(text)), LATIN))


@cache
def _characters(family: str) -> frozenset[str]:
    return frozenset(map(chr, ft2font.FT2Font(_path(family)).get_charmap()))


def _path(family: str) -> str:
    return str(fontManager.findfont(FontProperties(family=[family])))
