"""What a convolutional network asks of its data."""

from __future__ import annotations

from lightlab.errors import UsageError
from lightlab.spec import Spec


def image_shape(spec: Spec, network: str, at_least: int, why: str = "") -> tuple[int, int, int]:
    """The data's (C, H, W).

    Args:
        at_least: pixels of each side.
        why: what the refusal says behind that.

    Raises:
        UsageError: the data gives no images, or some with a side of less than `at_least` pixels.
    """
    if len(spec.input_shape) != 3 or min(spec.input_shape[1:]) < at_least:
        raise UsageError(
            f"network {network} takes images (C, H, W) of at least {at_least}x{at_least}{why}, but data {spec.name} "
            f"gives {spec.input_shape}; use network=linear or network=mlp_50, or another data"
        )
    depth, height, width = spec.input_shape
    return depth, height, width
