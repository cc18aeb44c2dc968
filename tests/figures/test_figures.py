import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from lightlab.figures.confusion import confusion_figure
from lightlab.figures.curves import draw_curves, read_series
from lightlab.figures.mistakes import Mistake, mistakes_figure
from lightlab.figures.style import save

HEADER = "epoch,step,seconds,learning_rate,loss/train,loss/val,accuracy/val\n"
ROWS = ["1,10,0.1,0.1,0.9,,\n", "2,20,0.2,0.1,0.7,0.8,0.5\n", "3,30,0.3,0.05,0.6,0.75,0.6\n"]


def opened(path):
    with Image.open(path) as picture:
        picture.load()
        return picture.format, picture.size, np.asarray(picture.convert("L"))


def is_a_drawing(path):
    kind, (width, height), pixels = opened(path)
    return kind == "PNG" and min(width, height) > 100 and len(np.unique(pixels)) > 20


@pytest.fixture
def metrics(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER + "".join(ROWS))
    return path


def test_curves_of_a_run(metrics, tmp_path):
    draw_curves(metrics, tmp_path / "figures" / "curves.png")
    assert is_a_drawing(tmp_path / "figures" / "curves.png")
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["curves.png"]


@pytest.mark.parametrize("content", [None, "", "\n", HEADER])
def test_without_an_epoch_there_is_no_picture(tmp_path, content):
    if content is not None:
        (tmp_path / "metrics.csv").write_text(content)
    draw_curves(tmp_path / "metrics.csv", tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()


@pytest.mark.parametrize("row", [ROWS[0], "1,10,0.1,0.1,nan,inf,\n"])
def test_one_epoch_and_losses_that_are_no_numbers_are_drawn(metrics, tmp_path, row):
    metrics.write_text(HEADER + row)
    draw_curves(metrics, tmp_path / "curves.png")
    assert is_a_drawing(tmp_path / "curves.png")


def test_series_leave_out_empty_cells(metrics):
    assert read_series(metrics) == {
        "learning_rate": ([1, 2, 3], [0.1, 0.1, 0.05]),
        "loss/train": ([1, 2, 3], [0.9, 0.7, 0.6]),
        "loss/val": ([2, 3], [0.8, 0.75]),
        "accuracy/val": ([2, 3], [0.5, 0.6]),
    }


def test_a_confusion_matrix(tmp_path):
    counts = np.array([[5, 0, 1], [0, 4, 0], [0, 0, 0]])
    figure = confusion_figure(counts, ["cat", "dog", "a longer name"])
    axes = figure.axes[0]
    assert axes.get_title() == "90.0% correct"
    assert [text.get_text() for text in axes.texts] == ["5", "1", "4"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    save(figure, tmp_path / "confusion.png")
    assert is_a_drawing(tmp_path / "confusion.png")


def test_a_confusion_matrix_of_nothing(tmp_path):
    save(confusion_figure(np.zeros((2, 2), int), ["a", "b"]), tmp_path / "confusion.png")
    assert is_a_drawing(tmp_path / "confusion.png")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [1, 8])
def test_mistakes_each_with_what_was_said_and_what_it_is(tmp_path, channels, count):
    image = torch.rand(channels, 6, 5, generator=torch.Generator().manual_seed(0))
    figure = mistakes_figure([Mistake(2.0, image, 0, 1, 0.875)] * count, ["cat", "dog"])
    assert [axes.get_title() for axes in figure.axes] == ["dog 88%\nis cat"] * count
    save(figure, tmp_path / "mistakes.png")
    assert is_a_drawing(tmp_path / "mistakes.png")


def test_a_picture_that_cannot_be_drawn_leaves_the_one_before_it(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"before")

    def fail(self, file, **_):
        file.write_bytes(b"half")
        raise OSError("full")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="full"):
        save(Figure(), path)
    assert path.read_bytes() == b"before"
