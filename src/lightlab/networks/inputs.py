"""What a network takes, checked against what the data gives."""

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
