"""The options of `python -m lightlab figures`; read before torch and matplotlib are imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from lightlab.errors import UsageError, did_you_mean

FIGURES = {
    "activations": "every activation with its derivative",
    "schedules": "every learning-rate schedule over a run",
    "tangent": "a tangent line by numerical differentiation",
    "differences": "how wrong a numerical derivative is, by its step: truncation and rounding",
    "initializers": "what each initializer does to a deep network's activations and gradients, layer by layer",
    "losses": "the losses and how steep they are",
    "dropout": "what dropout leaves of a layer's units",
    "batch_norm": "what batch normalisation does to a layer's inputs, and to a deep network",
    "convolution": "a photo, convolved and pooled",
    "lenet": "LeNet's filters, and what its layers make of an image",
}
FORMATS = {"png": ["png"], "svg": ["svg"], "both": ["png", "svg"]}
HELP = "\n".join(
    [
        "Draws the pictures that explain.",
        "",
        "usage: python -m lightlab figures NAME [NAME ...] [OPTION=VALUE ...]",
        "",
        *(f"  {name:14}{words}" for name, words in FIGURES.items()),
        f"  {'all':14}all of them",
        "",
        "  output=figures        the folder to write to",
        "  format=png            png, svg, both",
        "  language=en           en, zh: labels in Chinese, where a font has the characters",
        "  activation=NAME,…     of `initializers`: the activations between the layers, or all",
        "  input=photo.jpg       of `convolution` and `lenet`: a photo of your own",
        "  run=last|FOLDER       of `lenet`: a run whose network is shown; without one, an untrained network",
        "  checkpoint=FILE       or a checkpoint itself",
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
    known = [each.name for each in fields(FigureOptions) if each.name != "names"]
    given: dict[str, str] = {}
    names: list[str] = []
    for argument in argv:
        key, equals, value = argument.partition("=")
        if not equals:
            names += FIGURES if key == "all" else [_known_figure(key)]
        elif key not in known:
            raise UsageError(f"{argument}: no such option; {did_you_mean(key, known)}options: {', '.join(known)}")
        elif key in given or not value:
            raise UsageError(f"{argument}: {key}= is {'given twice' if key in given else 'empty'}")
        else:
            given[key] = value
    if not names:
        raise UsageError(f"which figure? figures: {', '.join(FIGURES)}, or all")
    for key, choices in {"format": [*FORMATS], "language": ["en", "zh"]}.items():
        if given.get(key, choices[0]) not in choices:
            raise UsageError(f"{key}={given[key]}: must be one of {', '.join(choices)}")
    if "run" in given and "checkpoint" in given:
        raise UsageError("give either run= (a folder, or `last`) or checkpoint= (a file)")
    return _options(list(dict.fromkeys(names)), given)


def _known_figure(name: str) -> str:
    if name not in FIGURES:
        raise UsageError(f"{name}: no such figure; {did_you_mean(name, FIGURES)}figures: {', '.join(FIGURES)}, or all")
    return name


def _options(names: list[str], given: dict[str, str]) -> FigureOptions:
    paths = {key: Path(given[key]).expanduser() for key in ("output", "input", "checkpoint") if key in given}
    words = {key: given[key] for key in ("format", "language", "run") if key in given}
    activation = [each.strip() for each in given.get("activation", "").strip("[]").split(",") if each.strip()]
    return FigureOptions(names=names, activation=activation, **paths, **words)  # type: ignore[arg-type]
