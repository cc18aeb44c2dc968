"""Hand-written losses, each with the gradient of its formula."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from lightlab.errors import UsageError
from lightlab.modules import losses
from lightlab.scratch.function import Function, apply, refuse, shape_error


class Reduced(nn.Module):
    """A criterion whose `reduction` is mean or sum; for outputs and targets of one shape it is `function`'s sum.

    Raises:
        UsageError: another reduction, or outputs and targets differ in shape.
    """

    reduction: str
    function: type[Function]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self.reduction == "none":
            refuse(type(self).__name__, reduction=(self.reduction, "mean"))

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return self.reduced(outputs, targets)

    def reduced(self, outputs: Tensor, targets: Tensor, *options: Any) -> Tensor:
        check_shapes(self, outputs, targets)
        total = apply(self.function, outputs, targets, *options)
        return total if self.reduction == "sum" else total / outputs.numel()


def check_shapes(criterion: nn.Module, outputs: Tensor, targets: Tensor) -> None:
    if outputs.shape != targets.shape:
        name = type(criterion).__name__
        raise shape_error(name, outputs.shape, "targets", targets.shape, "one number for each target")


class SquaredError(Function):
    """L = Σ (y − t)²: outputs y and targets t of one shape → scalar.

    Backward: ∂L/∂y = 2·g·(y − t), ∂L/∂t = −∂L/∂y.
    """

    @staticmethod
    def forward(outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).square().sum()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        outputs, targets = ctx.saved_tensors
        slope = 2 * grad * (outputs - targets)
        return slope, -slope if ctx.needs_input_grad[1] else None


class MSELoss(Reduced, nn.MSELoss):
    """`torch.nn.MSELoss` by `SquaredError`."""

    function = SquaredError


class SmoothAbsoluteError(Function):
    """L = Σ l(y − t) with l(d) = d² / 2β where |d| < β, else |d| − β/2: outputs y, targets t of one shape → scalar.

    Both pieces meet at |d| = β in value and in slope, so that no outlier has a larger gradient
    (Girshick, 2015: Fast R-CNN). Backward: ∂L/∂y = g·d/β where |d| < β, else g·sign(d); ∂L/∂t = −∂L/∂y.
    """

    @staticmethod
    def forward(outputs: Tensor, targets: Tensor, beta: float) -> Tensor:
        size = (outputs - targets).abs()
        return torch.where(size < beta, size.square() / (2 * beta) if beta else size, size - beta / 2).sum()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        outputs, targets, ctx.beta = inputs
        ctx.save_for_backward(outputs, targets)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        outputs, targets = ctx.saved_tensors
        difference = outputs - targets
        slope = grad * ((difference / ctx.beta).clamp(-1, 1) if ctx.beta else difference.sign())
        return slope, -slope if ctx.needs_input_grad[1] else None, None


class SmoothL1Loss(Reduced, nn.SmoothL1Loss):
    """`torch.nn.SmoothL1Loss` by `SmoothAbsoluteError`, its `beta` at least 0."""

    function = SmoothAbsoluteError

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return self.reduced(outputs, targets, self.beta)


class LogRootMeanSquare(Function):
    """L = √(Σ r² / n) with r = ln max(y, 1) − ln t: n outputs y and targets t of one shape → scalar.

    Backward: ∂L/∂y = g·r / (n·L·y) where y ≥ 1, else 0; ∂L/∂t = −g·r / (n·L·t).
    """

    @staticmethod
    def forward(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        ratio = outputs.clamp(min=1).log() - targets.log()
        return ratio.square().mean().sqrt(), ratio

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        loss, ratio = output
        ctx.mark_non_differentiable(ratio)
        ctx.save_for_backward(*inputs, loss, ratio)

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> Any:
        outputs, targets, loss, ratio = ctx.saved_tensors
        slope = grad * ratio / (ratio.numel() * loss)  # ∂L/∂(ln y)
        for_outputs = slope / outputs.clamp(min=1) * (outputs >= 1)
        return for_outputs, -slope / targets if ctx.needs_input_grad[1] else None


class LogRMSELoss(losses.LogRMSELoss):
    """`lightlab.modules.losses.LogRMSELoss` by `LogRootMeanSquare`.

    Raises:
        UsageError: outputs and targets differ in shape.
    """

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        check_shapes(self, outputs, targets)
        loss, _ = apply(LogRootMeanSquare, outputs, targets)
        return loss


class SigmoidCrossEntropy(Function):
    """L = −Σ (t·ln p + (1 − t)·ln(1 − p)) with p = 1 / (1 + e⁻ᶻ): logits z and targets t of one shape → scalar.

    Computed as Σ (max(z, 0) − z·t + ln(1 + e^−|z|)), in which nothing overflows.
    Backward: ∂L/∂z = g·(p − t), ∂L/∂t = −g·z.
    """

    @staticmethod
    def forward(logits: Tensor, targets: Tensor) -> Tensor:
        return (logits.clamp(min=0) - logits * targets + torch.log1p(torch.exp(-logits.abs()))).sum()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        logits, targets = ctx.saved_tensors
        p = 1 / (1 + torch.exp(-logits))
        return grad * (p - targets), -grad * logits if ctx.needs_input_grad[1] else None


class BCEWithLogitsLoss(Reduced, nn.BCEWithLogitsLoss):
    """`torch.nn.BCEWithLogitsLoss` by `SigmoidCrossEntropy`, without weights."""

    function = SigmoidCrossEntropy

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        refuse("BCEWithLogitsLoss", weight=(self.weight, None), pos_weight=(self.pos_weight, None))


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


class CrossEntropyLoss(Reduced, nn.CrossEntropyLoss):
    """`torch.nn.CrossEntropyLoss` by `SoftmaxCrossEntropy`: logits (N, C, …), and labels (N, …) or probabilities.

    Args:
        options: `reduction` mean or sum, `label_smoothing` ε in [0, 1]: targets become (1 − ε)·t + ε / C.

    Raises:
        UsageError: another option, targets of another shape, or a label that is not one of the C.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        refuse("CrossEntropyLoss", weight=(self.weight, None), ignore_index=(self.ignore_index, -100))

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        classes = logits.shape[1]
        if not targets.is_floating_point():
            targets = _one_hot(logits, targets)
        elif targets.shape != logits.shape:
            raise shape_error("CrossEntropyLoss", logits.shape, "probabilities", targets.shape, "one for each logit")
        smoothed = (1 - self.label_smoothing) * targets + self.label_smoothing / classes
        total, _ = apply(SoftmaxCrossEntropy, logits, smoothed if self.label_smoothing else targets)
        return total if self.reduction == "sum" else total / (logits.numel() / classes)


def _one_hot(logits: Tensor, labels: Tensor) -> Tensor:
    """(N, …) → (N, C, …): 1 at the label, else 0."""
    classes = logits.shape[1]
    if labels.shape != logits.shape[:1] + logits.shape[2:]:
        raise shape_error("CrossEntropyLoss", logits.shape, "labels", labels.shape, "one label a row of logits")
    try:
        encoded = one_hot(labels, classes)
    except RuntimeError:
        worst = labels[(labels < 0) | (labels >= classes)].flatten()[0].item()
        raise UsageError(
            f"CrossEntropyLoss: label {worst} is not one of {classes} classes, 0 to {classes - 1}"
        ) from None
    return encoded.movedim(-1, 1).to(logits.dtype)
