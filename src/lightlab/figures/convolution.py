"""A photo, convolved and pooled."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from lightlab.data.images.reading import upright_photo
from lightlab.figures.request import Request

KERNEL = 9
LARGEST = 640  # pixels: a photo with a longer side is reduced


def draw(request: Request) -> dict[str, Figure]:
    say = request.say
    photo = _photo(request)
    image = torch.from_numpy(np.array(photo)).permute(2, 0, 1).float().unsqueeze(0) / 255  # (1, 3, H, W)
    convolution = nn.Conv2d(3, 3, KERNEL, stride=3, bias=False)
    with torch.no_grad():
        convolution.weight.copy_(kernels())
        maps = convolution(image)
        pooled = nn.MaxPool2d(6, stride=6, padding=1)(maps)
    height, width = photo.height, photo.width
    figure = Figure(figsize=(12, 2.2 + 9.6 * height / width), layout="constrained")
    grid = figure.add_gridspec(4, 3, height_ratios=(height / width * 4, 0.9, height / width * 4, height / width * 4))
    axes = figure.add_subplot(grid[0, :])
    axes.imshow(photo)
    _bare(axes, say("photo") + f" {_size(image)}")
    names = (say("blurred"), say("edges from left to right"), say("edges from top to bottom"))
    for index, name in enumerate(names):
        _kernel(figure.add_subplot(grid[1, index]), convolution.weight[index].detach(), name)
        _map(figure.add_subplot(grid[2, index]), maps[0, index], say("convolved, 9×9, stride 3") + f" {_size(maps)}")
        title = say("max-pooled, 6×6, stride 6, padding 1") + f" {_size(pooled)}"
        _map(figure.add_subplot(grid[3, index]), pooled[0, index], title)
    return {"convolution": figure}


def kernels() -> Tensor:
    """Three filters (3, 3, 9, 9) over red, green and blue alike: a Gaussian, and its slopes along x and y."""
    place = torch.arange(KERNEL) - KERNEL // 2
    bell = torch.exp(-(place**2) / (2 * 2.0**2))
    blur = torch.outer(bell, bell)
    across = blur * place  # dark left, light right
    filters = torch.stack([blur / blur.sum(), across / across.abs().sum() * 2, across.T / across.abs().sum() * 2])
    return filters.unsqueeze(1).expand(3, 3, KERNEL, KERNEL) / 3


def _photo(request: Request) -> Image.Image:
    if request.photo is None:
        from sklearn.datasets import load_sample_image

        photo = Image.fromarray(load_sample_image("china.jpg"))
    else:
        photo = upright_photo(request.photo)
    if max(photo.size) > LARGEST:
        photo.thumbnail((LARGEST, LARGEST))
    return photo


def _kernel(axes: Axes, kernel: Tensor, name: str) -> None:
    reach = float(kernel.abs().max())
    axes.imshow(kernel[0].numpy(), cmap="PuOr", vmin=-reach, vmax=reach)
    _bare(axes, name)


def _map(axes: Axes, values: Tensor, title: str) -> None:
    axes.imshow(values.numpy(), cmap="gray")
    _bare(axes, title)


def _bare(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set(xticks=[], yticks=[])


def _size(images: Tensor) -> str:
    _, depth, height, width = images.shape
    return f"({depth}×{height}×{width})"
