"""AdamW."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor

from lightlab.scratch.optimizers.adam import Adam


class AdamW(Adam):
    """w ← (1 − η·λ)·w, then as `Adam` (Loshchilov and Hutter, 2019).

    Adam divides the gradient by its running size, and a decay that is part of it as well; here all weights decay alike.
    """

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def decayed(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> Tensor:
        """g as it is: the decay goes to the weight itself."""
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        return gradient
