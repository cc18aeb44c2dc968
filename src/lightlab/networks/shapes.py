"""Classifies the data's inputs and checks that a network accepts them."""

from typing import Protocol

from lightlab.errors import UsageError
from lightlab.spec import Spec

# By kind of input: its description, and a network that accepts it.
KINDS = {
    "numbers": ("numbers", "mlp_50"),
    "image": ("images (C, H, W)", "mlp_50"),
    "surface": ("a point on a surface", "point"),
    "token": ("tokens to predict the next token", "rnn"),
    "word": ("tokens to predict a word", "cbow"),
}
NUMBERS = ("numbers", "image", "surface")  # can be flattened


class Network(Protocol):
    """A network, whose class lists the kinds of input that it accepts."""

    @property
    def input_kinds(self) -> tuple[str, ...]: ...


def input_kind(spec: Spec) -> str:
    """Returns the kind of one example, a key of `KINDS`."""
    if spec.vocabulary:
        return spec.target
    if spec.start:
        return "surface"
    return "image" if len(spec.input_shape) == 3 else "numbers"


def check_input(network: Network, spec: Spec, at_least: int = 1, why: str = "") -> None:
    """Checks that a network accepts the data's inputs.

    Args:
        at_least: the least number of pixels of an image's sides.
        why: the reason for `at_least`.

    Raises:
        UsageError: names the network, the data and a network that fits.
    """
    kind = input_kind(spec)
    if kind in network.input_kinds and (kind != "image" or min(spec.input_shape[1:]) >= at_least):
        return
    expected, _ = KINDS[network.input_kinds[0]]
    size = f" of at least {at_least}x{at_least}{why}" if at_least > 1 else ""
    actual, suggestion = KINDS[kind]
    shape = "" if spec.vocabulary else f" of shape {spec.input_shape}"
    raise UsageError(
        f"network {type(network).__name__.lower()} takes {expected}{size}, but data {spec.name} gives {actual}{shape}; "
        f"use network={suggestion} or other data"
    )
