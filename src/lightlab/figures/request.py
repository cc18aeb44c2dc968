"""What a picture is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor, nn

from lightlab.plots.style import Say


@dataclass(frozen=True)
class Learnt:
    """The network of a run, and how it is given a photo.

    Attributes:
        network: in evaluation mode.
        prepare: a photo's file, or None for an image of the kind that it was trained on → (1, C, H, W).
        title: task and epoch.
    """

    network: nn.Module
    prepare: Callable[[Path | None], Tensor]
    title: str


@dataclass(frozen=True)
class Request:
    """Each picture takes from it what it needs.

    Attributes:
        say: what labels pass through.
        photo: of the user's own, or None.
        activations: names in `lightlab.figures.activations`; empty for the usual ones.
        learnt: reads the run that was named; None where none was.
    """

    say: Say = str
    photo: Path | None = None
    activations: list[str] = field(default_factory=list)
    learnt: Callable[[], Learnt] | None = None
