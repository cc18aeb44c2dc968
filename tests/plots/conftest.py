import numpy as np
import pytest
from PIL import Image

from lightlab.plots.style import save


@pytest.fixture
def is_drawing():
    """Whether a file is a PNG with something on it."""

    def check(path):
        with Image.open(path) as picture:
            shades = np.unique(np.asarray(picture.convert("L")))
            return picture.format == "PNG" and min(picture.size) > 100 and len(shades) > 20

    return check


@pytest.fixture
def can_be_saved(tmp_path, is_drawing):
    def check(figure):
        save(figure, tmp_path / "figure.png")
        return is_drawing(tmp_path / "figure.png")

    return check
