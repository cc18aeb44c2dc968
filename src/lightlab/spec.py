"""What the data tells a network and a module before either is built, and how regression targets are scaled."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor


@dataclass(frozen=True)
class TargetScale:
    """z = (f(y) − mean) / std with f the identity or, for targets that spread over magnitudes, the logarithm.

    Attributes:
        log: whether f is the logarithm; then y must be above 0.
        mean: of f(y) over the training rows, or 0.
        std: of f(y) over the training rows, or 1.
    """

    log: bool = False
    mean: float = 0.0
    std: float = 1.0

    @classmethod
    def fitted(cls, targets: Tensor, kind: Literal["raw", "standard", "log"]) -> TargetScale:
        """The scale that gives `targets` (N, 1) mean 0 and standard deviation 1; ``raw`` leaves them as they are."""
        if kind == "raw":
            return cls()
        values = targets.double().log() if kind == "log" else targets.double()
        return cls(kind == "log", float(values.mean()), max(float(values.std(correction=0)), 1e-12))

    def scaled(self, targets: Tensor) -> Tensor:
        """y → z, as float32."""
        values = targets.double().log() if self.log else targets.double()
        return ((values - self.mean) / self.std).float()

    def restored(self, outputs: Tensor) -> Tensor:
        """z → y, in the unit of the data."""
        values = outputs * self.std + self.mean
        return torch.exp(values) if self.log else values


@dataclass(frozen=True)
class Spec:
    """The shape of one input, the size of the output, and what its numbers mean.

    Attributes:
        name: of the data, as error messages name it.
        input_shape: of one example, without the batch: ``(features,)`` or ``(C, H, W)``.
        output_size: numbers that the network gives for one example.
        target: what is to be predicted: ``number``, ``binary``, ``class``, ``token`` or ``word``; ``surface``: nothing,
            a point descends.
        class_names: by label; empty where there are no classes.
        input_names: of the features, or empty.
        target_name: of the column that is predicted.
        target_scale: what the targets that training sees were scaled by; predictions are scaled back.
        positive_target: whether every training target is above 0, so that relative errors can be measured.
        vocabulary: by token; empty where inputs are no tokens.
        counts: of the tokens in the training texts, where a module needs them.
        true_parameters: the parameters that generated the data, where they are known: ``{"weight": […], "bias": […]}``.
        start: where on a surface a point begins, (x, y); empty elsewhere.
    """

    name: str
    input_shape: tuple[int, ...]
    output_size: int
    target: str
    class_names: tuple[str, ...] = ()
    input_names: tuple[str, ...] = ()
    target_name: str = "y"
    target_scale: TargetScale = field(default_factory=TargetScale)
    positive_target: bool = False
    vocabulary: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    true_parameters: dict[str, list[float]] = field(default_factory=dict)
    start: tuple[float, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Plain containers, which a checkpoint can hold and `torch.load(weights_only=True)` reads."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Spec:
        """The inverse of `to_plain`."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()
        }
        return cls(**values | {"target_scale": TargetScale(**values.get("target_scale", {}))})


IGNORED = -100  # a target that counts for nothing, as torch's cross-entropy has it
