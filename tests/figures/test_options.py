from pathlib import Path

import pytest

from lightlab.errors import UsageError
from lightlab.figures.options import FIGURES, FigureOptions, parse_figure_options


def test_options_are_read():
    argv = ["lenet", "losses", "lenet", "output=out", "format=both", "activation=[gelu, step]", "input=a=b.png"]
    assert parse_figure_options(argv) == FigureOptions(
        ["lenet", "losses"], Path("out"), "both", activation=["gelu", "step"], input=Path("a=b.png")
    )
    assert parse_figure_options(["all"]).names == list(FIGURES)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["activatons"], r"activatons: no such figure; did you mean 'activations'\? figures: activations, .*all"),
        ([], "name at least one figure"),
        (["all", "formt=png"], r"no such option; did you mean 'format'"),
        (["all", "format=jpg"], "format=jpg: must be one of png, svg, both"),
        (["all", "language=de"], "language=de: must be one of en, zh"),
        (["lenet", "run=last", "checkpoint=a.ckpt"], "give either run="),
        (["lenet", "run=last", "run=last"], "given twice"),
        (["lenet", "input="], "empty"),
    ],
)
def test_slips_are_answered_by_name(argv, message):
    with pytest.raises(UsageError, match=message):
        parse_figure_options(argv)
