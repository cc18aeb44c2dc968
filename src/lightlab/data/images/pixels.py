"""The base of the data modules of images and photos: pixels on one scale."""

from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from lightlab.config.rules import POSITIVE, ListOf, Number
from lightlab.data.base import ResidentDataModule
from lightlab.data.images.augment import mixed
from lightlab.data.loader import Augment, ResidentLoader, Split


class PixelDataModule(ResidentDataModule):
    """Pixels (N, C, H, W), stored as uint8 and scaled batch by batch.

    Args:
        scale: ``unit`` (0 to 1), ``standard`` (each channel mean 0, deviation 1) or ``raw`` (0 to 255).
        train_size: number of training rows to keep; None: all.
    """

    can_fold = True
    state_form: ClassVar = {"mean": ListOf(Number()), "std": ListOf(POSITIVE)}

    def __init__(
        self, *, val_fraction: float, scale: str, train_size: int | None, augment: Augment | None, **loading: Any
    ) -> None:
        super().__init__(**loading)
        self.val_fraction = val_fraction
        self.scale = scale
        self.train_size = train_size
        self.augment = augment
        self.mean, self.std = [0.0], [1.0 / 255 if scale == "raw" else 1.0]  # of pixels on [0, 1], by channel

    def train_dataloader(self) -> ResidentLoader:
        loader = super().train_dataloader()
        classes = self.spec.output_size if self.spec.target == "class" else None
        if alpha := getattr(self.augment, "mixup", 0):
            loader.mix = partial(mixed, alpha=alpha, classes=classes)
        return loader

    def fit_scale(self, train: Split) -> None:
        """Computes mean and standard deviation of each channel of the training rows; reads a few at a time."""
        sums = torch.zeros(2, train.inputs.shape[1], dtype=torch.float64)
        pixels = 0
        for rows in torch.arange(len(train)).split(64):
            values = train.take(rows).inputs.float() / 255  # (n, C, H, W)
            sums += torch.stack([values.sum((0, 2, 3)), values.square().sum((0, 2, 3))])
            pixels += values[:, 0].numel()
        mean, square = sums / pixels
        self.mean, self.std = mean.tolist(), (square - mean.square()).clamp(min=1e-12).sqrt().tolist()

    def prepare(self, inputs: Tensor) -> Tensor:
        if self.scale != "standard":
            return inputs.float().mul_(1 / (255 * self.std[0]))
        factor = torch.tensor([1 / (255 * std) for std in self.std], device=inputs.device)
        shift = torch.tensor([-mean / std for mean, std in zip(self.mean, self.std, strict=True)], device=inputs.device)
        return inputs.float().mul_(factor[:, None, None]).add_(shift[:, None, None])

    def raw_form(self) -> dict[str, Any]:
        channels, height, width = self.spec.input_shape
        colours = "grey, 0 is black" if channels == 1 else "red, green, blue"
        pixels = f"pixels, uint8 from 0 to 255, {channels}x{height}x{width} ({colours})"
        return {"input": pixels, "outside": "decoding a file, turning, resizing and cropping it to that shape"}

    def state_problem(self, state: Any) -> str:
        if problem := super().state_problem(state):
            return problem
        channels = self.spec.input_shape[0] if self.scale == "standard" else 1
        lengths = len(state["mean"]), len(state["std"])
        return "" if lengths == (channels, channels) else f"mean and std of {lengths} channels; {channels} are expected"

    def state_dict(self) -> dict[str, list[float]]:
        return {"mean": self.mean, "std": self.std}

    def load_state_dict(self, state_dict: dict[str, list[float]]) -> None:
        self.mean, self.std = state_dict["mean"], state_dict["std"]
