"""The sizes and names that data gives to networks and modules, and the scale of regression targets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor


@dataclass(frozen=True)
class TargetScale:
    """z = (f(y) − mean) / std, f the identity or, for targets that span orders of magnitude, the logarithm.

    Attributes:
        log: whether f is the logarithm; y must then be above 0.
        mean: of f(y) over the training rows, or 0.
        std: of f(y) over the training rows, or 1.
    """

    log: bool = False
    mean: float = 0.0
    std: float = 1.0

    @classmethod
    def fitted(cls, targets: Tensor, kind: Literal["raw", "standard", "log"]) -> TargetScale:
        """Returns the scale that gives `targets` (N, 1) mean 0 and standard deviation 1; ``raw`` changes nothing."""
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
    """The shape of an input, the size of an output, and what its numbers mean.

    Attributes:
        name: of the data, for error messages.
        input_shape: of one example: ``(features,)`` or ``(C, H, W)``.
        output_size: numbers that the network returns for one example.
        target: what is predicted: ``number``, ``binary``, ``class``, ``token`` or ``word``; ``surface``: nothing, a
            point descends.
        class_names: by label; empty without classes.
        input_names: of the features, or empty.
        target_name: of the predicted column.
        target_scale: of the targets in training; predictions are scaled back.
        positive_target: whether every training target is above 0, so that relative errors can be measured.
        vocabulary: by token; empty if inputs are not tokens.
        counts: of the tokens in the training texts, if a module needs them.
        true_parameters: those that generated the data, if known: ``{"weight": […], "bias": […]}``.
        start: of a point on a surface, (x, y); empty for other data.
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
        """Returns plain containers, which `torch.load(weights_only=True)` reads from a checkpoint."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Spec:
        """Inverts `to_plain`."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()
        }
        return cls(**values | {"target_scale": TargetScale(**values.get("target_scale", {}))})


IGNORED = -100  # a target that does not count: the default of torch's cross-entropy
