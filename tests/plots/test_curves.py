import math

import pytest

from lightlab.plots.curves import draw_curves, layer_gradients_figure

ROWS = [
    {"epoch": 1, "step": 10, "seconds": 0.1, "learning_rate": 0.1, "loss/train": 0.9},
    {"epoch": 2, "step": 20, "learning_rate": 0.1, "loss/train": 0.7, "loss/val": 0.8, "accuracy/val": 0.5},
]


def test_curves_of_a_run(tmp_path, is_drawing):
    draw_curves(ROWS, tmp_path / "figures" / "curves.png")
    assert is_drawing(tmp_path / "figures" / "curves.png")
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["curves.png"]


def test_without_an_epoch_there_is_no_picture(tmp_path):
    draw_curves([], tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()


@pytest.mark.parametrize("row", [ROWS[0], {"epoch": 1, "loss/train": math.nan, "loss/val": math.inf}])
def test_one_epoch_and_losses_that_are_no_numbers_are_drawn(tmp_path, is_drawing, row):
    draw_curves([row], tmp_path / "curves.png")
    assert is_drawing(tmp_path / "curves.png")


def test_one_line_a_layer_on_a_logarithmic_axis():
    axes = layer_gradients_figure([1, 2, 3], {"body.0": [1e-5, 0.0, 1e-4], "head": [0.1, 0.2, 0.3]}).axes[0]
    assert axes.get_yscale() == "log"
    assert [line.get_label() for line in axes.lines] == ["body.0", "head"]
    assert all(value > 0 for line in axes.lines for value in line.get_ydata())
