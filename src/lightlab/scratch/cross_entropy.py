"""Softmax and cross-entropy in one."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import one_hot

from lightlab.errors import UsageError
from lightlab.scratch.criterion import refuse_unreduced
from lightlab.scratch.function import Function, apply, misfit, refuse


class SoftmaxCrossEntropy(Function):
    """L = −Σₙ Σ꜀ t·ln p with p = softmax(z): (N, C, …) logits z and probabilities t → scalar.

    ln p꜀ = z꜀ − m − ln Σⱼ e^(zⱼ − m), with m the row's largest logit, so that no power overflows.
    Backward: ∂L/∂z = g·(p·Σ꜀ t − t), which is g·(p − t) where the targets of a row add up to 1; ∂L/∂t = −g·ln p.
    """

    @staticmethod
    def forward(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        shifted = logits - logits.amax(1, keepdim=True)
        log_p = shifted - shifted.exp().sum(1, keepdim=True).log()
        return -(targets * log_p).sum(), log_p

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        _, targets = inputs
        _, log_p = output
        ctx.mark_non_differentiable(log_p)
        ctx.save_for_backward(log_p, targets)

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> Any:
        log_p, targets = ctx.saved_tensors
        for_logits, for_targets = ctx.needs_input_grad
        return (
            grad * (log_p.exp() * targets.sum(1, keepdim=True) - targets) if for_logits else None,
            -grad * log_p if for_targets else None,
        )


class CrossEntropyLoss(nn.CrossEntropyLoss):
    """`torch.nn.CrossEntropyLoss` by `SoftmaxCrossEntropy`: logits (N, C, …), and labels (N, …) or probabilities.

    Args:
        options: `reduction` mean or sum, `label_smoothing` ε in [0, 1]: targets become (1 − ε)·t + ε / C.

    Raises:
        UsageError: another option, targets of another shape, or a label that is not one of the C.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        refuse("CrossEntropyLoss", weight=(self.weight, None), ignore_index=(self.ignore_index, -100))
        refuse_unreduced(self, self.reduction)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        classes = logits.shape[1]
        if not targets.is_floating_point():
            targets = _one_hot(logits, targets)
        elif targets.shape != logits.shape:
            raise misfit("CrossEntropyLoss", logits.shape, "probabilities", targets.shape, "one for each logit")
        smoothed = (1 - self.label_smoothing) * targets + self.label_smoothing / classes
        total, _ = apply(SoftmaxCrossEntropy, logits, smoothed if self.label_smoothing else targets)
        return total if self.reduction == "sum" else total / (logits.numel() / classes)


def _one_hot(logits: Tensor, labels: Tensor) -> Tensor:
    """(N, …) → (N, C, …): 1 at the label, else 0."""
    classes = logits.shape[1]
    if labels.shape != logits.shape[:1] + logits.shape[2:]:
        raise misfit("CrossEntropyLoss", logits.shape, "labels", labels.shape, "one label a row of logits")
    try:
        encoded = one_hot(labels, classes)
    except RuntimeError:
        worst = labels[(labels < 0) | (labels >= classes)].flatten()[0].item()
        raise UsageError(
            f"CrossEntropyLoss: label {worst} is not one of {classes} classes, 0 to {classes - 1}"
        ) from None
    return encoded.movedim(-1, 1).to(logits.dtype)
