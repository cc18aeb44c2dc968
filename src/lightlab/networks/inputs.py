"""What a network takes, checked against what the data gives."""

from __future__ import annotations

from math import prod

from lightlab.errors import UsageError
from lightlab.spec import Spec


def flat_size(spec: Spec, network: str) -> int:
    """How many numbers one example has.

    Raises:
        UsageError: the data gives tokens, which are no quantities.
    """
    if spec.vocabulary:
        raise UsageError(f"network {network} takes numbers, but data {spec.name} gives tokens; use network=rnn")
    return prod(spec.input_shape)


def vocabulary_size(spec: Spec, network: str) -> int:
    """How many kinds of token there are.

    Raises:
        UsageError: the data gives no tokens.
    """
    if not spec.vocabulary:
        raise UsageError(
            f"network {network} takes tokens of a vocabulary, but data {spec.name} gives numbers of shape "
            f"{spec.input_shape}; use network=mlp_50, or data=poems"
        )
    return len(spec.vocabulary)
