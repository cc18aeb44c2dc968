"""MNIST's stand-in where nothing can be fetched: scikit-learn's 8×8 digits, at MNIST's size."""

from __future__ import annotations

import numpy as np
from PIL import Image


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Returns uint8 images (1797, 28, 28) and int64 labels (1797,); like MNIST's, a digit fills the inner 20×20."""
    from sklearn.datasets import load_digits

    small = load_digits()
    grey = (small.images * (255 / 16)).round().astype(np.uint8)  # (N, 8, 8), 0..16 before
    images = np.zeros((len(grey), 28, 28), np.uint8)
    for image, digit in zip(images, grey, strict=True):
        image[4:24, 4:24] = np.asarray(Image.fromarray(digit).resize((20, 20), Image.Resampling.BILINEAR))
    return images, small.target.astype(np.int64)
