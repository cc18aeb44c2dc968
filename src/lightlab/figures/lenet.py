"""LeNet's filters and feature maps for an image."""

import sys
from pathlib import Path

import torch
from matplotlib.figure import Figure, SubFigure
from torch import Tensor, nn

from lightlab.data.images.reading import read_photo
from lightlab.data.synthetic.garments import garments
from lightlab.errors import DataError, UsageError
from lightlab.figures.options import FigureOptions
from lightlab.networks.initializers import Initializer
from lightlab.networks.layers import Layers
from lightlab.networks.lenet import LeNet
from lightlab.plots.style import Translate
from lightlab.prediction.predict import load_predictor
from lightlab.runs.folder import checkpoint_of, find_run
from lightlab.spec import Spec


def draw_lenet(options: FigureOptions, translate: Translate) -> dict[str, Figure]:
    """The network of `run` or `checkpoint`, or an untrained one with a warning.

    Raises:
        UsageError: the run's network has no convolution.
        DataError: the checkpoint or the photo cannot be read, or a photo is missing.
    """
    if options.run or options.checkpoint:
        network, image, title = _trained(options)
    else:
        network, image = untrained(), _image(options.input)
        title = translate("freshly initialised: it has learnt nothing")
        print("! lenet: without run= or checkpoint= the network shown has learnt nothing", file=sys.stderr)
    return {"lenet": _figure(network, image, title, translate)}


def _trained(options: FigureOptions) -> tuple[nn.Module, Tensor, str]:
    """The network, an image (1, C, H, W) for it, and task and epoch."""
    path = options.checkpoint or checkpoint_of(find_run(options.run or "last"))
    assert path is not None
    predictor = load_predictor(path, [])
    data, network = predictor.data, predictor.module.network
    if not any(isinstance(layer, nn.Conv2d) for layer in network.modules()):
        raise UsageError(
            f"{predictor.title}: a network without convolutions; name a run of LeNet, such as task=fashion_lenet"
        )
    if options.input is not None:
        pixels = data.read(options.input).inputs[:1]
    elif synthetic := getattr(data, "synthetic", None):
        pixels = torch.from_numpy(synthetic()[0][:1]).unsqueeze(1)
    else:
        raise DataError(f"{path}: a network for {data.spec.name}; name an image for it by input=")
    return network, data.prepare(pixels), predictor.title


def untrained() -> nn.Module:
    """LeNet for 28×28 grey images with sigmoids and Xavier-uniform weights, the same at every call."""
    torch.manual_seed(0)
    layers = Layers(nn.Linear, nn.Conv2d, nn.AvgPool2d, nn.MaxPool2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.Dropout)
    network = LeNet(Spec("images", (1, 28, 28), 10, "class"), layers, nn.Sigmoid)
    Initializer(nn.init.xavier_uniform_, 0.0)(network)
    return network.eval()


def _image(photo: Path | None) -> Tensor:
    pixels = read_photo(photo, 28, 28) if photo else garments(10, seed=1)[0][0]
    return torch.from_numpy(pixels).float().view(1, 1, 28, 28) / 255


@torch.no_grad()
def feature_maps(network: nn.Module, image: Tensor) -> list[tuple[str, nn.Module, Tensor]]:
    """Each layer with its name and its output (C, H, W) for an image (1, C, H, W), as long as there are maps."""
    outputs: list[tuple[str, nn.Module, Tensor]] = []
    hooks = [
        layer.register_forward_hook(lambda layer, inputs, output, name=name: outputs.append((name, layer, output[0])))
        for name, layer in network.named_modules()
        if not list(layer.children())
    ]
    network(image)
    for hook in hooks:
        hook.remove()
    return [(name, layer, maps) for name, layer, maps in outputs if maps.ndim == 3]


def _figure(network: nn.Module, image: Tensor, title: str, translate: Translate) -> Figure:
    rows: list[tuple[str, Tensor, str]] = [(translate("input"), image[0], "gray")]
    for name, layer, maps in feature_maps(network, image):
        if isinstance(layer, nn.Conv2d):
            label = translate("filters of {name}").format(name=name)
            label += translate(", mean over inputs") if layer.weight.shape[1] > 1 else ""
            rows.append((label, layer.weight.detach().mean(1), "PuOr"))
        rows.append((f"{name} {type(layer).__name__}", maps, "gray"))
    columns = max(len(maps) for _, maps, _ in rows)
    figure = Figure(figsize=(max(9, 0.85 * columns), 1.15 * len(rows) + 0.8), layout="constrained")
    figure.suptitle(title)
    for row, panel in zip(rows, figure.subfigures(len(rows), 1, squeeze=False)[:, 0], strict=True):
        _draw_row(panel, *row, columns)
    return figure


def _draw_row(panel: SubFigure, label: str, maps: Tensor, colours: str, columns: int) -> None:
    panel.suptitle(f"{label} ({'×'.join(map(str, maps.shape))})", fontsize=9, x=0.01, ha="left")
    limit = float(maps.abs().max()) if colours == "PuOr" else None
    for index, image in enumerate(maps):
        axes = panel.add_subplot(1, columns, index + 1)
        axes.imshow(image.numpy(), cmap=colours, vmin=-limit if limit else None, vmax=limit)
        axes.set(xticks=[], yticks=[])
