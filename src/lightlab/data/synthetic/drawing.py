"""What the synthetic photos share: colours and the light and grain of a camera."""

from collections.abc import Callable

import numpy as np
from PIL import Image

SIZE = 64  # of a picture, in pixels
FINE = 4  # drawn this many times larger, then averaged

Colour = tuple[int, int, int]
Uniform = Callable[[float, float], float]  # draws a number between two


def mixed(colour: Colour, other: Colour, share: float) -> Colour:
    """Returns `colour` with that share of `other`."""
    red, green, blue = (round(a * (1 - share) + b * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def photographed(picture: Image.Image, across: float, down: float, random: np.random.Generator) -> np.ndarray:
    """Adds light from one side, up to `across` and `down` brighter, and grain: uint8 (64, 64, 3)."""
    uniform = random.uniform
    slope = np.linspace(-1, 1, SIZE)
    light = (
        uniform(0.85, 1.1)
        + uniform(-across, across) * slope[None, :, None]
        + uniform(-down, down) * slope[:, None, None]
    )
    grain = random.standard_normal((SIZE, SIZE, 1), dtype=np.float32) * uniform(1, 6)
    return (np.asarray(picture) * light + grain).clip(0, 255).astype(np.uint8)
