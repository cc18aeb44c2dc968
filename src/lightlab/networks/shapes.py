"""What one example is, and the error where the data gives a network something that it does not take."""

from __future__ import annotations

from math import prod
from typing import Protocol

from lightlab.errors import UsageError
from lightlab.spec import Spec

# By kind of input: its description, and a network that takes it.
KINDS = {
    "numbers": ("numbers", "mlp_50"),
    "image": ("images (C, H, W)", "mlp_50"),
    "surface": ("a point on a surface", "point"),
    "token": ("tokens to predict the next token", "rnn"),
    "word": ("tokens to predict a word", "cbow"),
}
NUMBERS = ("numbers", "image", "surface")  # whatever can be flattened


class Network(Protocol):
    """A network's class names the kinds of input that it takes."""

    @property
    def takes(self) -> tuple[str, ...]: ...


def input_kind(spec: Spec) -> str:
    """Returns the kind of one example, a key of `KINDS`."""
    if spec.vocabulary:
        return spec.target
    if spec.start:
        return "surface"
    return "image" if len(spec.input_shape) == 3 else "numbers"


def check_takes(network: Network, spec: Spec, at_least: int = 1, why: str = "") -> None:
    """Checks that a network takes the data's inputs.

    Args:
        at_least: pixels of each side of an image.
        why: the reason for `at_least`.

    Raises:
        UsageError: names both, and a network that takes the data.
    """
    kind = input_kind(spec)
    if kind in network.takes and (kind != "image" or min(spec.input_shape[1:]) >= at_least):
        return
    expected, _ = KINDS[network.takes[0]]
    size = f" of at least {at_least}x{at_least}{why}" if at_least > 1 else ""
    given, other = KINDS[kind]
    shape = "" if spec.vocabulary else f" of shape {spec.input_shape}"
    raise UsageError(
        f"network {type(network).__name__.lower()} takes {expected}{size}, but data {spec.name} gives {given}{shape}; "
        f"use network={other}, or another data"
    )


def flat_size(network: Network, spec: Spec) -> int:
    """Returns the number of numbers in one example; raises as `check_takes`."""
    check_takes(network, spec)
    return prod(spec.input_shape)


def vocabulary_size(network: Network, spec: Spec) -> int:
    """Returns the number of kinds of token; raises as `check_takes`."""
    check_takes(network, spec)
    return len(spec.vocabulary)


def image_shape(network: Network, spec: Spec, at_least: int, why: str = "") -> tuple[int, int, int]:
    """Returns the data's (C, H, W); raises as `check_takes`."""
    check_takes(network, spec, at_least, why)
    depth, height, width = spec.input_shape
    return depth, height, width
