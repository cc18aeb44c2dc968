"""Data sets that scikit-learn bundles: its 8×8 digits at MNIST's size, and small tables."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from PIL import Image

from lightlab.data.synthetic.houses import houses
from lightlab.errors import UsageError, shortened


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Returns uint8 images (1797, 28, 28) and int64 labels (1797,); like MNIST's, a digit fills the inner 20×20."""
    from sklearn.datasets import load_digits

    small = load_digits()
    grey = (small.images * (255 / 16)).round().astype(np.uint8)  # (N, 8, 8), 0..16 before
    images = np.zeros((len(grey), 28, 28), np.uint8)
    for image, digit in zip(images, grey, strict=True):
        image[4:24, 4:24] = np.asarray(Image.fromarray(digit).resize((20, 20), Image.Resampling.BILINEAR))
    return images, small.target.astype(np.int64)


def generated_table(like: str) -> pd.DataFrame:
    """Makes a table whose last column is to be predicted.

    Args:
        like: ``house_prices``, ``diabetes``, or the kind of target: ``number``, ``binary`` or ``class``.

    Raises:
        UsageError: there is no such table.
    """
    if like not in _TABLES:
        raise UsageError(f"data.synthetic.like={shortened(like)}: must be one of {', '.join(_TABLES)}")
    return _TABLES[like]()


def patients(rows: int = 768, seed: int = 0) -> pd.DataFrame:
    """Makes the columns of Pima diabetes on OpenML; a third of the rows is positive."""
    random = np.random.default_rng(seed)
    age = 21 + random.gamma(1.1, 11, rows).clip(0, 60)
    build = random.normal(0, 1, rows)  # shared by mass, skin and blood pressure
    frame = pd.DataFrame(
        {
            "preg": random.poisson(1 + (age - 21) / 6).clip(0, 17),
            "plas": random.normal(110 + 0.35 * (age - 33) + 5 * build, 26).clip(44, 199).round(),
            "pres": random.normal(69 + 0.3 * (age - 33) + 3 * build, 11).clip(24, 122).round(),
            "skin": random.normal(27 + 6 * build, 8).clip(7, 99).round(),
            "insu": random.gamma(2, 75, rows).clip(14, 846).round(),
            "mass": random.normal(32 + 5 * build, 4.5).clip(18, 67).round(1),
            "pedi": (0.08 + random.gamma(1.6, 0.25, rows)).round(3),
            "age": age.round(),
        }
    )
    logit = 0.045 * (frame["plas"] - 128) + 0.12 * (frame["mass"] - 34) + 0.12 * (frame["preg"] - 4)
    logit += 1.2 * (frame["pedi"] - 0.5) + 0.25
    frame["class"] = np.where(random.logistic(size=rows) < logit, "tested_positive", "tested_negative")
    return frame


def _wine() -> pd.DataFrame:
    from sklearn.datasets import load_wine

    wine = load_wine(as_frame=True)
    names = pd.Series(wine.target_names[wine.target], name="cultivar")
    return pd.concat([wine.data, names], axis=1)


_TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "house_prices": houses,
    "number": houses,
    "diabetes": patients,
    "binary": patients,
    "class": _wine,
}
