"""Checks that a network fits the data's input shape, with an error that names both."""

from __future__ import annotations

from math import prod

from lightlab.errors import UsageError
from lightlab.spec import Spec

NETWORKS = {"token": "rnn", "word": "cbow"}  # what takes the tokens of each target


def flat_size(spec: Spec, network: str) -> int:
    """How many numbers one example has.

    Raises:
        UsageError: the data gives tokens, which are no quantities.
    """
    if spec.vocabulary:
        raise UsageError(
            f"network {network} takes numbers, but data {spec.name} gives tokens; use network={NETWORKS[spec.target]}"
        )
    return prod(spec.input_shape)


def vocabulary_size(spec: Spec, network: str, target: str) -> int:
    """How many kinds of token there are.

    Args:
        target: what the network predicts of them: the next ``token`` of a text, or the ``word`` of a context.

    Raises:
        UsageError: the data gives no tokens, or tokens to predict something else from.
    """
    if not spec.vocabulary:
        raise UsageError(
            f"network {network} takes tokens of a vocabulary, but data {spec.name} gives numbers of shape "
            f"{spec.input_shape}; use network=mlp_50, or data=poems"
        )
    if spec.target != target:
        raise UsageError(
            f"network {network} predicts a {target}, but data {spec.name} gives a {spec.target} to predict; "
            f"use network={NETWORKS[spec.target]}"
        )
    return len(spec.vocabulary)


def image_shape(spec: Spec, network: str, at_least: int, why: str = "") -> tuple[int, int, int]:
    """The data's (C, H, W).

    Args:
        at_least: pixels of each side.
        why: what the refusal says behind that.

    Raises:
        UsageError: the data gives no images, or some with a side of less than `at_least` pixels.
    """
    if len(spec.input_shape) != 3 or min(spec.input_shape[1:]) < at_least:
        raise UsageError(
            f"network {network} takes images (C, H, W) of at least {at_least}x{at_least}{why}, but data {spec.name} "
            f"gives {spec.input_shape}; use network=linear or network=mlp_50, or another data"
        )
    depth, height, width = spec.input_shape
    return depth, height, width
