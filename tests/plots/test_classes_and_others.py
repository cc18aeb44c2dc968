import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from lightlab.modules.metrics import calibrate
from lightlab.plots.classes import classes_figure, confusion_figure, thresholds_figure
from lightlab.plots.curves import draw_curves, read_series
from lightlab.plots.images import Mistake, inputs_figure, mistakes_figure
from lightlab.plots.predictions import by_prediction, predictions_figure
from lightlab.plots.style import number, rows, save
from lightlab.spec import Spec

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
    _, *words = (text.get_text() for text in figure.axes[0].texts)
    assert words == ["dog 88%\nis cat"] * count and len(figure.axes[0].images) == count
    save(figure, tmp_path / "mistakes.png")
    assert is_a_drawing(tmp_path / "mistakes.png")


def test_a_confusion_matrix_of_a_hundred_classes_has_shades_alone(tmp_path):
    figure = confusion_figure(np.eye(100, dtype=int), [f"a class with the long name {index}" for index in range(100)])
    assert not figure.axes[0].texts
    save(figure, tmp_path / "confusion.png")
    assert max(opened(tmp_path / "confusion.png")[1]) < 3000


def test_a_confusion_matrix_says_its_threshold():
    assert confusion_figure(np.eye(2), ["a", "b"], 0.3).axes[0].get_title() == "100.0% correct\nat threshold 0.3"


SCORE = Spec("toy", (1,), 1, "number", target_name="score")


@pytest.mark.parametrize(
    ("inputs", "targets", "spec", "said"),
    [
        (torch.rand(3, 1, 6, 5), torch.tensor([0, 1, 1]), Spec("t", (1, 6, 5), 2, "class", ("cat", "dog")), "dog"),
        (torch.rand(9, 3, 6, 5), torch.full((9, 1), 3.14159), SCORE, "3.142"),
        (torch.rand(1, 1), torch.tensor([[2.0]]), SCORE, "score"),
        (torch.rand(4, 3), torch.ones(4, 1), Spec("t", (3,), 1, "binary", input_names=("a", "b", "c")), "c"),
        (torch.rand(4, 300), torch.ones(4, 1), SCORE, "x40"),
        (torch.zeros(24, 8), torch.ones(24, 1), Spec("t", (8,), 1, "binary", ("no", "yes")), "yes"),
    ],
    ids=["grey", "colour", "point", "points", "table", "constant table"],
)
def test_inputs_of_every_shape_with_their_labels(tmp_path, inputs, targets, spec, said):
    figure = inputs_figure(inputs, targets, spec)
    save(figure, tmp_path / "inputs.png")
    assert is_a_drawing(tmp_path / "inputs.png")
    assert any(said in text.get_text() for text in figure.findobj(match=lambda each: hasattr(each, "get_text")))


def test_means_by_tenth_of_the_predictions():
    predicted, true = np.arange(40.0)[::-1], np.arange(40.0)[::-1] + 1
    bins = by_prediction(predicted, true)
    assert [len(bins), bins[0]] == [10, (1.5, 2.5, 0.0)]
    assert by_prediction(np.ones(3), np.array([1.0, 2.0, 3.0])) == [(1, 1, 0), (1, 2, 0), (1, 3, 0)]


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("count", [1, 30, 6000])
def test_predictions_against_truth(tmp_path, count, logarithmic):
    true = np.exp(np.random.default_rng(0).normal(12, 0.4, count))
    figure = predictions_figure(0.9 * true, true, "price", "test", logarithmic)
    assert [axes.get_ylabel() for axes in figure.axes] == ["true price", "true - predicted price", "mean true price"]
    save(figure, tmp_path / "predictions.png")
    assert is_a_drawing(tmp_path / "predictions.png")


def test_predictions_of_a_constant(tmp_path):
    figure = predictions_figure(np.zeros(5), np.zeros(5), "y", "val")
    assert figure.get_suptitle() == "5 val rows · RMSE 0"
    save(figure, tmp_path / "predictions.png")


def test_classes_worst_first_and_without_those_that_have_no_rows(tmp_path):
    right, counts = np.array([1, 4, 0]), np.array([2, 4, 0])
    figure = classes_figure(["cat", "dog", "emu"], right, counts, calibrate(np.array([0.9]), np.array([1])), "test")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["cat (2)", "dog (4)"] and "1 without rows" in figure.axes[0].get_title()
    save(figure, tmp_path / "classes.png")
    assert is_a_drawing(tmp_path / "classes.png")


def test_a_hundred_classes_are_cut_to_the_worst(tmp_path):
    counts = np.full(100, 100)
    figure = classes_figure(
        ["a class with a long name"] * 100, np.arange(100), counts, calibrate(np.zeros(0), np.zeros(0)), "test"
    )
    assert len(figure.axes[0].patches) == 40
    save(figure, tmp_path / "classes.png")


def test_the_point_of_the_threshold_on_both_curves():
    probabilities, labels = torch.tensor([0.1, 0.4, 0.6, 0.9]), torch.tensor([0, 1, 0, 1])
    roc, precision = thresholds_figure(probabilities, labels, 0.5, "yes", "test").axes
    points = [axes.lines[-1].get_xydata().tolist() for axes in (roc, precision)]
    assert points == [[[0.5, 0.5]], [[0.5, 0.5]]]
    assert "area 0.750" in roc.get_title()


@pytest.mark.parametrize("labels", [[0, 0], [1, 1]])
def test_rows_of_one_class_have_no_curve_and_it_is_said(tmp_path, labels):
    figure = thresholds_figure(torch.tensor([0.2, 0.7]), torch.tensor(labels), 0.5, "yes", "test")
    assert all("no curve" in axes.texts[0].get_text() for axes in figure.axes)
    save(figure, tmp_path / "thresholds.png")


def test_a_threshold_that_nothing_reaches_has_no_precision():
    figure = thresholds_figure(torch.tensor([0.2, 0.7]), torch.tensor([0, 1]), 0.9, "yes", "test")
    assert figure.axes[1].get_legend() is None


@pytest.mark.parametrize(("value", "text"), [(0.123456, "0.1235"), (123456.7, "123,457"), (1e12, "1e+12"), (-2, "-2")])
def test_numbers_are_written_out_where_they_can_be_read(value, text):
    assert number(value) == text


def test_one_row_is_no_rows():
    assert (rows(1, "test"), rows(1234, "val")) == ("1 test row", "1,234 val rows")


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
