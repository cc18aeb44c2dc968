"""How every figure of this project looks: legible in print and to colour-blind readers."""

from __future__ import annotations

from pathlib import Path

from cycler import cycler
from matplotlib import rcParams
from matplotlib.figure import Figure

from lightlab.figures.fonts import families
from lightlab.files import whole_file

rcParams["font.family"] = list(families())  # so that what the first font lacks is drawn by the next

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
