"""How every figure of this project looks: legible in print and to colour-blind readers."""

from __future__ import annotations

from pathlib import Path

from cycler import cycler
from matplotlib.figure import Figure

from lightlab.files import whole_file

# Okabe and Ito's palette (2008), told apart with any colour vision; each line also has a dash of its own.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (3, 1)), (0, (1, 1))]
CYCLE = cycler(color=COLOURS, linestyle=DASHES)


def save(figure: Figure, path: Path) -> None:
    """Writes the figure whole or not at all."""
    with whole_file(path) as unfinished:
        figure.savefig(unfinished, dpi=120, format=path.suffix[1:])
