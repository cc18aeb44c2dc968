"""Prepared images as people see them."""

from __future__ import annotations

import torch
from torch import Tensor

from lightlab.data.base import ResidentDataModule


def as_seen(inputs: Tensor, data: ResidentDataModule) -> Tensor:
    """Prepared images (N, C, H, W) on [0, 1], on the CPU, whatever scale the network takes them on.

    What the data module makes of black and of white tells that scale, channel by channel.
    """
    images = inputs.float().cpu()
    stored = data.splits["train"].inputs[:1]
    if stored.dtype == torch.uint8:
        black = data.prepare(torch.zeros_like(stored)).float().cpu()
        white = data.prepare(torch.full_like(stored, 255)).float().cpu()
    else:
        black, white = images.amin(), images.amax()
    images = (images - black) / (white - black).clamp(min=1e-9)
    return (images if images.shape[1] == 3 else images[:, :1]).clamp(0, 1)
