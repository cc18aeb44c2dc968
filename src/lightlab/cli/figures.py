"""Draws figures that explain: python -m lightlab figures NAME; --help lists them."""

import sys
from importlib import import_module
from pathlib import Path

from lightlab.cli.startup import wants_help
from lightlab.figures.options import FIGURES, FORMATS, HELP, FigureOptions, parse_figure_options
from lightlab.runs.places import check_cwd


def main() -> None:
    check_cwd()
    if wants_help(or_nothing=True):
        print(HELP, flush=True)
        return
    options = parse_figure_options(sys.argv[1:])
    for path in draw(options):
        print(path, flush=True)


def draw(options: FigureOptions) -> list[Path]:
    """Writes the figures and returns their files.

    Raises:
        LightlabError: a photo, run or checkpoint that cannot be read; nothing of that figure has been written.
    """
    from lightlab.plots.style import save, translator

    translate = translator(options.language)
    written = []
    for name in options.names:
        module = import_module(f"lightlab.figures.{FIGURES[name].module}")
        for stem, figure in getattr(module, f"draw_{name}")(options, translate).items():
            for suffix in FORMATS[options.format]:
                written.append(options.output / f"{stem}.{suffix}")
                save(figure, written[-1])
    return written
