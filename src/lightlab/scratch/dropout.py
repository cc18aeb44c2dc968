"""Dropout."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lightlab.scratch.function import Function, apply


class Mask(Function):
    """y = m·x, with m the mask of x's shape. Backward: ∂L/∂x = m·g: what was dropped learns nothing."""

    @staticmethod
    def forward(x: Tensor, mask: Tensor) -> Tensor:
        return x * mask

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        _, mask = inputs
        ctx.save_for_backward(mask)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        (mask,) = ctx.saved_tensors
        return grad * mask, None


class Dropout(nn.Dropout):
    """In training each number is dropped with probability p, and the others are multiplied by 1 / (1 − p).

    So the expected value stays, and nothing need be done in evaluation (Srivastava et al., 2014). On a CPU the same
    random state drops what `torch.nn.Dropout` drops, in contiguous inputs; on a GPU torch draws in another way.
    `inplace` is ignored.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.empty(x.shape, dtype=x.dtype, device=x.device).bernoulli_(1 - self.p)
        return apply(Mask, x, kept / (1 - self.p) if self.p < 1 else kept)
