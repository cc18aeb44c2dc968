"""Draws the pictures that explain: python -m lightlab figures NAME; --help lists them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lightlab.errors import DataError, reported
from lightlab.figures.options import FORMATS, HELP, FigureOptions, parse_figure_options

if TYPE_CHECKING:
    from lightlab.figures.request import Learnt


def main() -> None:
    if not sys.argv[1:] or {"--help", "-h"} & set(sys.argv[1:]):
        with reported():
            print(HELP, flush=True)
        return
    with reported():
        options = parse_figure_options(sys.argv[1:])
        for path in draw(options):
            print(path, flush=True)


def draw(options: FigureOptions) -> list[Path]:
    """Writes every figure that is asked for; gives the files.

    Raises:
        LightlabError: a photo, run or checkpoint that cannot be read. Nothing of that figure has been written.
    """
    from importlib import import_module

    from lightlab.figures.request import Request
    from lightlab.plots.style import labels, save

    written = []
    with labels(options.language) as say:
        named = options.run or options.checkpoint
        request = Request(say, options.input, options.activation, (lambda: _learnt(options)) if named else None)
        for name in options.names:
            for stem, figure in import_module(f"lightlab.figures.{name}").draw(request).items():
                for suffix in FORMATS[options.format]:
                    written.append(options.output / f"{stem}.{suffix}")
                    save(figure, written[-1])
    return written


def _learnt(options: FigureOptions) -> Learnt:
    """The network of `run=` or `checkpoint=`."""
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
        synthetic = getattr(data, "synthetic", None)
        if synthetic is None:
            raise DataError(f"{path}: a network for {data.spec.name}; name an image for it by input=")
        from torch import from_numpy

        return data.prepare(from_numpy(synthetic()[0][:1]).unsqueeze(1))

    return Learnt(predictor.module.network, prepare, predictor.title)
