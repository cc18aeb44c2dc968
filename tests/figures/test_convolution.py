import numpy as np
from PIL import Image

from lightlab.figures.convolution import draw_convolution
from lightlab.figures.options import FigureOptions


def test_a_photo_of_the_users_own_is_convolved(tmp_path):
    Image.fromarray(np.full((90, 200, 3), 128, np.uint8)).save(tmp_path / "照片.png")
    figure = draw_convolution(FigureOptions(input=tmp_path / "照片.png"), str)["convolution"]
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[0] == "photo (3×90×200)"
    assert "convolved, 9×9, stride 3 (3×28×64)" in titles
    assert "max-pooled, 6×6, stride 6, padding 1 (3×5×11)" in titles
