"""The options of `python -m lightlab figures`; read before torch and matplotlib are imported."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NamedTuple

from lightlab.config.options import read_pairs
from lightlab.errors import UsageError, did_you_mean
from lightlab.files import user_path


class Figure(NamedTuple):
    """A figure, drawn by ``draw_<name>`` in a module of `lightlab.figures`."""

    module: str
    description: str


FIGURES = {
    "activations": Figure("activations", "every activation with its derivative"),
    "schedules": Figure("schedules", "every learning-rate schedule over a run"),
    "tangent": Figure("differences", "a tangent line by numerical differentiation"),
    "differences": Figure("differences", "the error of a numerical derivative by its step: truncation and rounding"),
    "initializers": Figure(
        "initializers", "the activations and gradients of a deep network, layer by layer, under every initializer"
    ),
    "losses": Figure("losses", "the losses and their slopes"),
    "dropout": Figure("dropout", "a layer's units with and without dropout, and the spread of their mean"),
    "batch_norm": Figure(
        "batch_norm", "a layer's inputs before and after batch normalisation, and its effect on a deep network"
    ),
    "convolution": Figure("convolution", "a photo, convolved and pooled"),
    "lenet": Figure("lenet", "LeNet's filters and feature maps for an image"),
}
FORMATS = {"png": ["png"], "svg": ["svg"], "both": ["png", "svg"]}
CHOICES = {"format": [*FORMATS], "language": ["en", "zh"]}
HELP = "\n".join(
    [
        "Draws figures that explain; they need no run.",
        "",
        "usage: python -m lightlab figures NAME [NAME ...] [OPTION=VALUE ...]",
        "",
        *(f"  {name:14}{figure.description}" for name, figure in FIGURES.items()),
        f"  {'all':14}all of them",
        "",
        "  output=figures        the folder to write to",
        "  format=png            png, svg or both",
        "  language=en           en, or zh for Chinese labels, which need a font with Chinese characters",
        "  activation=NAME,…     initializers: the activations between the layers, or all",
        "  input=photo.jpg       convolution, lenet: a photo of your own",
        "  run=last|FOLDER       lenet: the run whose network is shown; without one, an untrained network",
        "  checkpoint=FILE       lenet: a checkpoint instead of a run",
    ]
)


@dataclass(frozen=True)
class FigureOptions:
    """See `HELP`."""

    names: list[str] = field(default_factory=list)
    output: Path = Path("figures")
    format: str = "png"
    language: str = "en"
    activation: list[str] = field(default_factory=list)
    input: Path | None = None
    run: str | None = None
    checkpoint: Path | None = None


def parse_figure_options(argv: Sequence[str]) -> FigureOptions:
    """Reads names and ``key=value`` arguments; everything behind the first ``=`` is the value.

    Raises:
        UsageError: a figure or an option that does not exist, or no figure at all.
    """
    known = [option.name for option in fields(FigureOptions) if option.name != "names"]
    values = read_pairs((argument for argument in argv if "=" in argument), known)
    for key, value in values.items():
        if not value:
            raise UsageError(f"{key}=: is empty")
        if value not in CHOICES.get(key, [value]):
            raise UsageError(f"{key}={value}: must be one of {', '.join(CHOICES[key])}")
    names: list[str] = []
    for name in (argument for argument in argv if "=" not in argument):
        names += FIGURES if name == "all" else [_known_figure(name)]
    if not names:
        raise UsageError(f"name at least one figure: {', '.join(FIGURES)}, or all")
    if "run" in values and "checkpoint" in values:
        raise UsageError("give either run= (a folder, or `last`) or checkpoint= (a file)")
    paths = {key: user_path(values.pop(key)) for key in ("output", "input", "checkpoint") if key in values}
    activations = [name.strip() for name in values.pop("activation", "").strip("[]").split(",") if name.strip()]
    return FigureOptions(list(dict.fromkeys(names)), activation=activations, **paths, **values)  # type: ignore[arg-type]


def _known_figure(name: str) -> str:
    if name not in FIGURES:
        raise UsageError(f"{name}: no such figure; {did_you_mean(name, FIGURES)}figures: {', '.join(FIGURES)}, or all")
    return name
