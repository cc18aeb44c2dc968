"""Random changes to a batch of images, on whatever device the batch is."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


class Augment:
    """Shifts and mirrors each image of a prepared batch (N, C, H, W) by chance.

    Args:
        shift: at most so many pixels in each direction; what comes in at the edge is 0.
        flip: mirror half of the images left to right.
    """

    def __init__(self, shift: int = 0, flip: bool = False) -> None:
        self.shift = shift
        self.flip = flip

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        if self.shift:
            images = _shifted(images, self.shift, generator)
        if self.flip:
            mirrored = torch.rand(len(images), generator=generator, device=images.device) < 0.5
            images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
        return images


def _shifted(images: Tensor, most: int, generator: torch.Generator) -> Tensor:
    n, _, height, width = images.shape
    device = images.device
    padded = F.pad(images, (most,) * 4)
    top, left = torch.randint(0, 2 * most + 1, (2, n), generator=generator, device=device)
    rows = top[:, None] + torch.arange(height, device=device)  # (N, H)
    columns = left[:, None] + torch.arange(width, device=device)  # (N, W)
    image = torch.arange(n, device=device)[:, None, None]
    # An index in front and two behind put the channels last: (N, H, W, C).
    return padded[image, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
