"""Ways to compute gradients: the choices of the config group `gradient`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import functional_call

from lightlab.errors import UsageError
from lightlab.optimization.differences import Difference, central, jacobian

ComputeLoss = Callable[..., Tensor]
Weights = dict[str, Tensor]
LossWith = Callable[[Weights], Tensor]


def autograd(loss: Tensor, compute_loss: ComputeLoss, network: nn.Module) -> None:
    """Adds the gradient of `loss` to each parameter's ``.grad`` by backpropagation.

    Args:
        loss: scalar, with its graph.
        compute_loss: ``(forward, dtype) -> scalar`` computes the loss again from the same batch, its numbers as
            `dtype`; `forward` is called in the network's place. For methods that need more than one evaluation.
        network: the owner of the parameters.
    """
    loss.backward()


def numerical(
    loss: Tensor, compute_loss: ComputeLoss, network: nn.Module, h: float = 1e-4, difference: Difference = central
) -> None:
    """Adds the gradient by differences, two evaluations a weight: for small networks.

    All evaluations are in float64, because in float32 rounding (1.2e-7·L / h) would be as large as the gradient. They
    share one random state, so dropout drops the same units, and leave batch norm's running statistics alone.

    Raises:
        UsageError: h is 0, or the device has no float64.
    """
    with evaluated(compute_loss, network) as loss_with:
        for name, parameter in trained(network).items():
            gradient = by_differences(loss_with, name, parameter.detach().double(), h, difference).to(parameter)
            parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient


def by_differences(
    loss_with: LossWith, name: str, value: Tensor, h: float, difference: Difference, entries: Tensor | None = None
) -> Tensor:
    """Returns the gradient with respect to the weight of that name at `value`, or `entries` of it; see `jacobian`."""
    return jacobian(lambda changed: loss_with({name: changed}), value, h, difference, entries)


@contextmanager
def evaluated(compute_loss: ComputeLoss, network: nn.Module) -> Iterator[LossWith]:
    """Yields the loss as a function of weights by name, in float64; other weights are the network's."""
    device = next(network.parameters()).device
    if device.type == "mps":
        raise UsageError("differences need float64, which accelerator=mps lacks; use accelerator=cpu")
    own = {name: value.detach() for name, value in [*network.named_parameters(), *network.named_buffers()]}
    own = {name: value.double() if value.is_floating_point() else value for name, value in own.items()}
    draw_again = random_state(device)

    def loss_with(weights: Weights) -> Tensor:
        draw_again()
        return compute_loss(lambda *inputs: functional_call(network, own | weights, inputs), torch.float64)

    tracking = [layer for layer in network.modules() if layer.training and getattr(layer, "track_running_stats", False)]
    for layer in tracking:
        layer.track_running_stats = False  # type: ignore[assignment]
    try:
        yield loss_with
    finally:
        for layer in tracking:
            layer.track_running_stats = True  # type: ignore[assignment]


def random_state(device: torch.device) -> Callable[[], None]:
    """Returns a function that restores the present state of the random numbers."""
    state = torch.get_rng_state()
    if device.type != "cuda":
        return lambda: torch.set_rng_state(state)
    own = torch.cuda.get_rng_state(device)

    def draw_again() -> None:
        torch.set_rng_state(state)
        torch.cuda.set_rng_state(own, device)

    return draw_again


def trained(network: nn.Module) -> dict[str, nn.Parameter]:
    return {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
