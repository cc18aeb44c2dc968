"""A photo, convolved and pooled."""

from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from lightlab.data.images.reading import upright_photo
from lightlab.figures.options import FigureOptions
from lightlab.plots.style import Translate

KERNEL = 9
LARGEST = 640  # pixels: a photo with a longer side is reduced


@torch.no_grad()
def draw_convolution(options: FigureOptions, translate: Translate) -> dict[str, Figure]:
    photo = _photo(options.input)
    image = torch.from_numpy(np.array(photo)).permute(2, 0, 1).float().unsqueeze(0) / 255  # (1, 3, H, W)
    convolution = nn.Conv2d(3, 3, KERNEL, stride=3, bias=False)
    convolution.weight.copy_(kernels())
    maps = convolution(image)
    pooled = nn.MaxPool2d(6, stride=6, padding=1)(maps)
    ratio = photo.height / photo.width
    figure = Figure(figsize=(12, 2.2 + 9.6 * ratio), layout="constrained")
    grid = figure.add_gridspec(4, 3, height_ratios=(4 * ratio, 0.9, 4 * ratio, 4 * ratio))
    _show(figure.add_subplot(grid[0, :]), photo, translate("photo") + _shape(image))
    for index, name in enumerate(("blurred", "edges from left to right", "edges from top to bottom")):
        kernel = convolution.weight[index, 0]
        limits = {"vmin": -kernel.abs().max(), "vmax": kernel.abs().max()}
        _show(figure.add_subplot(grid[1, index]), kernel, translate(name), cmap="PuOr", **limits)
        title = translate("convolved, 9×9, stride 3") + _shape(maps)
        _show(figure.add_subplot(grid[2, index]), maps[0, index], title, cmap="gray")
        title = translate("max-pooled, 6×6, stride 6, padding 1") + _shape(pooled)
        _show(figure.add_subplot(grid[3, index]), pooled[0, index], title, cmap="gray")
    return {"convolution": figure}


def kernels() -> Tensor:
    """Three filters (3, 3, 9, 9) over red, green and blue alike: a Gaussian, and its slopes along x and y."""
    place = torch.arange(KERNEL) - KERNEL // 2
    bell = torch.exp(-(place**2) / (2 * 2.0**2))
    blur = torch.outer(bell, bell)
    across = blur * place  # dark left, light right
    filters = torch.stack([blur / blur.sum(), across / across.abs().sum() * 2, across.T / across.abs().sum() * 2])
    return filters.unsqueeze(1).expand(3, 3, KERNEL, KERNEL) / 3


def _photo(path: Path | None) -> Image.Image:
    if path is None:
        from sklearn.datasets import load_sample_image

        photo = Image.fromarray(load_sample_image("china.jpg"))
    else:
        photo = upright_photo(path)
    photo.thumbnail((LARGEST, LARGEST))
    return photo


def _show(axes: Axes, image: Image.Image | Tensor, title: str, **colours) -> None:  # type: ignore[no-untyped-def]
    axes.imshow(np.asarray(image), **colours)
    axes.set_title(title, fontsize=10)
    axes.set(xticks=[], yticks=[])


def _shape(images: Tensor) -> str:
    return f" ({'×'.join(map(str, images.shape[1:]))})"
