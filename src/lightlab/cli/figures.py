"""Draws the figures that explain: python -m lightlab figures NAME; --help lists them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lightlab.cli.startup import wants_help
from lightlab.errors import DataError, reported
from lightlab.figures.options import FORMATS, HELP, FigureOptions, parse_figure_options

if TYPE_CHECKING:
    from lightlab.figures.request import Learnt


def main() -> None:
    with reported():
        if wants_help(or_nothing=True):
            print(HELP, flush=True)
            return
        options = parse_figure_options(sys.argv[1:])
        for path in draw(options):
            print(path, flush=True)


def draw(options: FigureOptions) -> list[Path]:
    """Writes the figures that `options` name and returns their files.

    Raises:
        LightlabError: a photo, run or checkpoint that cannot be read; nothing of that figure has been written.
    """
    from importlib import import_module

    from lightlab.figures.request import Request
    from lightlab.plots.style import labels, save

    written = []
    learnt = (lambda: _learnt(options)) if options.run or options.checkpoint else None
    with labels(options.language) as say:
        request = Request(say, options.input, options.activation, learnt)
        for name in options.names:
            for stem, figure in import_module(f"lightlab.figures.{name}").draw(request).items():
                for suffix in FORMATS[options.format]:
                    written.append(options.output / f"{stem}.{suffix}")
                    save(figure, written[-1])
    return written


def _learnt(options: FigureOptions) -> Learnt:
    """Loads the network of `run=` or `checkpoint=`."""
    from lightlab.figures.request import Learnt
    from lightlab.prediction.predict import load_predictor
    from lightlab.runs.folder import checkpoint_of, find_run

    path = options.checkpoint or checkpoint_of(find_run(options.run or "last"))
    assert path is not None
    predictor = load_predictor(path, [])
    data = predictor.data

    def prepare(photo: Path | None):  # type: ignore[no-untyped-def]  # torch is not imported here
        if photo is not None:
            return data.prepare(data.read(photo).inputs[:1])
        if not hasattr(data, "stand_in"):
            raise DataError(f"{path}: a network for {data.spec.name}; name an image for it by input=")
        from torch import from_numpy

        return data.prepare(from_numpy(data.stand_in()[0][:1]).unsqueeze(1))

    return Learnt(predictor.module.network, prepare, predictor.title)
