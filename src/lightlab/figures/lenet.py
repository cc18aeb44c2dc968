"""LeNet's filters, and what its layers make of an image."""

from __future__ import annotations

import sys

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from lightlab.data.images.reading import read_photo
from lightlab.data.synthetic.garments import garments
from lightlab.errors import UsageError
from lightlab.figures.request import Request
from lightlab.networks.initializers import Initializer
from lightlab.networks.layers import Layers
from lightlab.networks.lenet import LeNet
from lightlab.plots.style import Say
from lightlab.spec import Spec


def draw(request: Request) -> dict[str, Figure]:
    """Of a run's network, or of one that has learnt nothing, which is said.

    Raises:
        UsageError: the run's network has no convolution.
    """
    say = request.say
    if request.learnt is not None:
        learnt = request.learnt()
        network, image, title = learnt.network, learnt.prepare(request.photo), learnt.title
        if not any(isinstance(layer, nn.Conv2d) for layer in network.modules()):
            raise UsageError(
                f"{title}: a network without convolutions; name a run of LeNet, such as task=fashion_lenet"
            )
    else:
        network, title = fresh(), say("freshly initialised: it has learnt nothing")
        image = _image(request)
        print("! lenet: no run= or checkpoint= was named, so the network shown has learnt nothing", file=sys.stderr)
    return {"lenet": _figure(network, image, title, say)}


def fresh() -> nn.Module:
    """LeNet for 28×28 grey images with sigmoids and Xavier-uniform weights, the same at every call."""
    torch.manual_seed(0)
    layers = Layers(nn.Linear, nn.Conv2d, nn.AvgPool2d, nn.MaxPool2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.Dropout)
    network = LeNet(Spec("images", (1, 28, 28), 10, "class"), layers, nn.Sigmoid)
    Initializer(nn.init.xavier_uniform_, 0.0)(network)
    return network.eval()


def _image(request: Request) -> Tensor:
    pixels = read_photo(request.photo, 28, 28) if request.photo else garments(10, seed=1)[0][0]
    return torch.from_numpy(pixels).float().view(1, 1, 28, 28) / 255


@torch.no_grad()
def passages(network: nn.Module, image: Tensor) -> list[tuple[str, Tensor]]:
    """Each layer's output (C, H, W) for an image (1, C, H, W), with the layer's name, as long as there are maps."""
    found: list[tuple[str, Tensor]] = []
    leaves = [(name, layer) for name, layer in network.named_modules() if not list(layer.children())]
    hooks = [
        layer.register_forward_hook(
            lambda layer, inputs, output, name=name: found.append((f"{name} {type(layer).__name__}", output[0]))
        )
        for name, layer in leaves
    ]
    network(image)
    for hook in hooks:
        hook.remove()
    return [(name, maps) for name, maps in found if maps.ndim == 3]


def _figure(network: nn.Module, image: Tensor, title: str, say: Say) -> Figure:
    convolutions = [(name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d)]
    rows: list[tuple[str, Tensor, str]] = [(say("input"), image[0], "gray")]
    for name, maps in passages(network, image):
        weights = next((layer.weight for each, layer in convolutions if name.startswith(f"{each} ")), None)
        if weights is not None:
            filters = weights.detach().mean(1) if weights.shape[1] > 1 else weights.detach()[:, 0]
            label = say("filters of {name}").format(name=name.split()[0])
            rows.append((label + (say(", mean over inputs") if weights.shape[1] > 1 else ""), filters, "PuOr"))
        rows.append((name, maps, "gray"))
    columns = max(len(maps) for _, maps, _ in rows)
    figure = Figure(figsize=(max(9, 0.85 * columns), 1.15 * len(rows) + 0.8), layout="constrained")
    figure.suptitle(title)
    for row, panel in zip(rows, figure.subfigures(len(rows), 1, squeeze=False)[:, 0], strict=True):
        _row(panel, *row, columns)
    return figure


def _row(panel, label: str, maps: Tensor, colours: str, columns: int) -> None:  # type: ignore[no-untyped-def]
    size = "×".join(map(str, maps.shape))
    panel.suptitle(f"{label} ({size})", fontsize=9, x=0.01, ha="left")
    reach = float(maps.abs().max()) if colours == "PuOr" else None
    limits = {"vmin": -reach, "vmax": reach} if reach else {}
    for index, values in enumerate(maps[:columns]):
        axes = panel.add_subplot(1, columns, index + 1)
        axes.imshow(values.numpy(), cmap=colours, **limits)
        axes.set(xticks=[], yticks=[])
