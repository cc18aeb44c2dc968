"""Random changes to a batch of images, on the device of the batch."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lightlab.errors import UsageError


class Augment:
    """Shifts, mirrors and covers each image of a prepared batch (N, C, H, W) at random.

    Args:
        shift: at most this many pixels in each direction; new pixels at the edge are 0.
        flip: mirror half of the images left to right.
        cut_out: side in pixels of a square of 0, whose middle lies anywhere in the image (DeVries and Taylor, 2017);
            0 for none.
        mixup: α of `mixed`; 0 for none.
    """

    def __init__(self, shift: int = 0, flip: bool = False, cut_out: int = 0, mixup: float = 0.0) -> None:
        self.shift = shift
        self.flip = flip
        self.cut_out = cut_out
        self.mixup = mixup

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        if self.shift:
            images = _shifted(images, self.shift, generator)
        if self.flip:
            mirrored = torch.rand(len(images), generator=generator, device=images.device) < 0.5
            images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
        if self.cut_out:
            images = _cut_out(images, self.cut_out, generator)
        return images


def mixed(
    images: Tensor, targets: Tensor, generator: torch.Generator, alpha: float, classes: int | None
) -> tuple[Tensor, Tensor]:
    """Mixes each image and its target with another's: λ·a + (1 − λ)·b, λ from Beta(α, α) for the batch.

    Zhang et al., 2018, arXiv:1710.09412.

    Args:
        targets: (N,) labels, which become probabilities (N, classes); with `classes` None numbers (N, 1).
    """
    device = images.device
    seed = torch.randint(2**62, (1,), generator=generator, device=device)
    share = float(np.random.default_rng(int(seed)).beta(alpha, alpha))  # torch's Beta takes no generator
    other = torch.randperm(len(images), generator=generator, device=device)
    soft = targets if classes is None else F.one_hot(targets, classes).to(images.dtype)
    return images.lerp(images[other], 1 - share), soft.lerp(soft[other], 1 - share)


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


def _cut_out(images: Tensor, side: int, generator: torch.Generator) -> Tensor:
    n, _, height, width = images.shape
    if side > min(height, width):
        raise UsageError(f"data.augment.cut_out={side}: larger than the images of {height}x{width}; 0 for none")
    rows, columns = (_covered(n, size, side, images.device, generator) for size in (height, width))
    return images.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0.0)


def _covered(n: int, size: int, side: int, device: torch.device, generator: torch.Generator) -> Tensor:
    """Draws for each of n images which of `size` pixels lie within `side` pixels around a random one: (n, size)."""
    first = torch.randint(0, size, (n, 1), generator=generator, device=device) - side // 2
    pixel = torch.arange(size, device=device)
    return (first <= pixel) & (pixel < first + side)
