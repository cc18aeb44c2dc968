"""Cuts images into the windows that a kernel sees, and puts windows together again."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import pad

from lightlab.scratch.function import misfit

Pair = tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """Where a kernel of `size` stops on an image that is padded by `padding` and crossed in steps of `stride`."""

    size: Pair
    stride: Pair
    padding: Pair

    def cut(self, images: Tensor, value: float = 0.0) -> Tensor:
        """(N, C, H, W) → (N, C, H', W', kh, kw), the padding filled with `value`; H' = ⌊(H + 2p − kh) / s⌋ + 1.

        Raises:
            UsageError: no images, or smaller than the kernel.
        """
        (kh, kw), (sh, sw), (ph, pw) = self.size, self.stride, self.padding
        if images.ndim != 4 or images.shape[2] + 2 * ph < kh or images.shape[3] + 2 * pw < kw:
            raise misfit("images", images.shape, "a kernel", self.size, "(N, C, H, W), padded no smaller than itself")
        padded = pad(images, (pw, pw, ph, ph), value=value) if ph or pw else images
        return padded.unfold(2, kh, sh).unfold(3, kw, sw)

    def add_up(self, windows: Tensor, height: int, width: int) -> Tensor:
        """(N, C, H', W', kh, kw) → (N, C, height, width): each number goes back to the pixel that it came from.

        Where windows overlap their numbers are added: it is the gradient of `cut`.
        """
        (kh, kw), (sh, sw), (ph, pw) = self.size, self.stride, self.padding
        rows, columns = windows.shape[2], windows.shape[3]
        padded = windows.new_zeros(*windows.shape[:2], height + 2 * ph, width + 2 * pw)
        for i in range(kh):
            for j in range(kw):
                seen = padded[:, :, i : i + sh * rows : sh, j : j + sw * columns : sw]
                seen += windows[..., i, j]
        return padded[:, :, ph : ph + height, pw : pw + width]


def pair(size: int | tuple[int, ...]) -> Pair:
    """3 → (3, 3)."""
    if isinstance(size, int):
        return size, size
    height, width = size
    return height, width
