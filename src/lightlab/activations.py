"""Activations that torch does not have."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Step(nn.Module):
    """1 where x > 0, else 0 (Rosenblatt, 1958). Its derivative is 0 wherever it has one."""

    remark = (
        "activation step has derivative 0: no gradient reaches the layers before it, which keep their first weights"
    )

    def forward(self, x: Tensor) -> Tensor:
        return torch.sign(x).clamp(min=0)  # sign has a gradient, of zeros; a comparison has none


class CReLU(nn.Module):
    """max(0, x) beside max(0, −x): (N, C, …) → (N, 2·C, …), and nothing is lost (Shang et al., 2016)."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, -x], 1).clamp(min=0)
