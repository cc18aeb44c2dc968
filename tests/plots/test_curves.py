import pytest

from lightlab.plots.curves import draw_curves, layer_gradients_figure, read_series

HEADER = "epoch,step,seconds,learning_rate,loss/train,loss/val,accuracy/val\n"
ROWS = ["1,10,0.1,0.1,0.9,,\n", "2,20,0.2,0.1,0.7,0.8,0.5\n", "3,30,0.3,0.05,0.6,0.75,0.6\n"]


@pytest.fixture
def metrics(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER + "".join(ROWS))
    return path


def test_curves_of_a_run(metrics, tmp_path, is_drawing):
    draw_curves(metrics, tmp_path / "figures" / "curves.png")
    assert is_drawing(tmp_path / "figures" / "curves.png")
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["curves.png"]


@pytest.mark.parametrize("content", [None, "", "\n", HEADER])
def test_without_an_epoch_there_is_no_picture(tmp_path, content):
    if content is not None:
        (tmp_path / "metrics.csv").write_text(content)
    draw_curves(tmp_path / "metrics.csv", tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()


@pytest.mark.parametrize("row", [ROWS[0], "1,10,0.1,0.1,nan,inf,\n"])
def test_one_epoch_and_losses_that_are_no_numbers_are_drawn(metrics, tmp_path, is_drawing, row):
    metrics.write_text(HEADER + row)
    draw_curves(metrics, tmp_path / "curves.png")
    assert is_drawing(tmp_path / "curves.png")


def test_series_leave_out_empty_cells(metrics):
    assert read_series(metrics) == {
        "learning_rate": ([1, 2, 3], [0.1, 0.1, 0.05]),
        "loss/train": ([1, 2, 3], [0.9, 0.7, 0.6]),
        "loss/val": ([2, 3], [0.8, 0.75]),
        "accuracy/val": ([2, 3], [0.5, 0.6]),
    }


def test_one_line_a_layer_on_a_logarithmic_axis():
    axes = layer_gradients_figure([1, 2, 3], {"body.0": [1e-5, 0.0, 1e-4], "head": [0.1, 0.2, 0.3]}).axes[0]
    assert axes.get_yscale() == "log"
    assert [line.get_label() for line in axes.lines] == ["body.0", "head"]
    assert all(value > 0 for line in axes.lines for value in line.get_ydata())
