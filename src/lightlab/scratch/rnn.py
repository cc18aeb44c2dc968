"""One step of a recurrent network."""

from typing import Any

from torch import Tensor, nn

from lightlab.scratch.activations import tanh
from lightlab.scratch.function import Function, apply, refuse, shape_error


class Recur(Function):
    """h' = tanh(x·Wᵀ + b + h·Uᵀ + c): inputs x (N, I) and states h (N, H) → (N, H), with W (H, I) and U (H, H).

    Backward, with a = g·(1 − h'²): ∂L/∂x = a·W, ∂L/∂h = a·U, ∂L/∂W = aᵀ·x, ∂L/∂U = aᵀ·h, ∂L/∂b = ∂L/∂c = Σₙ aₙ.
    """

    @staticmethod
    def forward(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor | None, c: Tensor | None) -> Tensor:
        z = x @ w.T + h @ u.T
        return tanh(z if b is None or c is None else z + b + c)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        x, h, w, u, *_ = inputs
        ctx.save_for_backward(x, h, w, u, output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, h, w, u, output = ctx.saved_tensors
        a = grad * (1 - output * output)
        for_bias = a.sum(0)
        needs_x, needs_h, *_, needs_b, needs_c = ctx.needs_input_grad
        return (
            a @ w if needs_x else None,
            a @ u if needs_h else None,
            a.T @ x,
            a.T @ h,
            for_bias if needs_b else None,
            for_bias if needs_c else None,
        )


class RNNCell(nn.RNNCell):
    """`torch.nn.RNNCell`'s weights, by `Recur`: (N, input_size) and a state (N, hidden_size), zeros if None → the next.

    Raises:
        UsageError: a nonlinearity other than tanh, or shapes that do not fit.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        refuse("RNNCell", nonlinearity=(self.nonlinearity, "tanh"))

    def forward(self, x: Tensor, state: Tensor | None = None) -> Tensor:
        if x.ndim != 2 or x.shape[1] != self.input_size:
            raise shape_error("RNNCell", x.shape, "a weight", self.weight_ih.shape, f"(N, {self.input_size})")
        if state is None:
            state = x.new_zeros(len(x), self.hidden_size)
        if state.shape != (len(x), self.hidden_size):
            raise shape_error("RNNCell", x.shape, "a state", state.shape, f"a state (N, {self.hidden_size})")
        return apply(Recur, x, state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
