import numpy as np
import pytest
from PIL import Image

from lightlab.errors import DataError
from lightlab.plots.predictions import (
    mean_by_bin,
    prediction_captions,
    prediction_figure,
    predictions_figure,
    write_prediction_figures,
)
from lightlab.spec import Spec

CLASS = Spec("toy", (1, 8, 8), 3, "class", class_names=("cat", "dog", "emu"))
BINARY = Spec("toy", (1, 8, 8), 1, "binary", class_names=("no", "yes"))
NUMBER = Spec("toy", (1, 8, 8), 1, "number", target_name="score")


def test_means_by_tenth_of_the_predictions():
    predicted, true = np.arange(40.0)[::-1], np.arange(40.0)[::-1] + 1
    bins = mean_by_bin(predicted, true)
    assert [len(bins), bins[0]] == [10, (1.5, 2.5, 0.0)]
    assert mean_by_bin(np.ones(3), np.array([1.0, 2.0, 3.0])) == [(1, 1, 0), (1, 2, 0), (1, 3, 0)]


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("count", [1, 30, 6000])
def test_predictions_against_true_values(can_be_saved, count, logarithmic):
    true = np.exp(np.random.default_rng(0).normal(12, 0.4, count))
    figure = predictions_figure(0.9 * true, true, "price", "test", logarithmic)
    assert [axes.get_ylabel() for axes in figure.axes] == ["true price", "true - predicted price", "mean true price"]
    assert {axes.get_xscale() for axes in figure.axes} == {"log" if logarithmic else "linear"}
    assert can_be_saved(figure)


def test_predictions_of_a_constant(can_be_saved):
    figure = predictions_figure(np.zeros(5), np.zeros(5), "y", "val")
    assert figure.get_suptitle() == "5 val rows · RMSE 0"
    assert can_be_saved(figure)


@pytest.mark.parametrize(
    ("spec", "columns", "captions"),
    [
        (CLASS, {"class": ["dog"], "probability": [0.931], "p(cat)": [0.0]}, ["dog 93%"]),
        (BINARY, {"class": ["no", "yes"], "probability": [0.1, 0.8]}, ["no 90%", "yes 80%"]),
        (NUMBER, {"score": [3.51666, 123456.0]}, ["score 3.517", "score 123,456"]),
    ],
)
def test_a_caption_is_the_prediction_with_its_probability(spec, columns, captions):
    assert prediction_captions(columns, spec) == captions


@pytest.mark.parametrize("colour", ["white", "black", "red"])
def test_captions_stand_out_on_any_photo(colour):
    picture = np.asarray(prediction_figure(Image.new("RGB", (600, 400), colour), "dog 93%").convert("L"), float)
    assert picture.max(axis=1)[-30:].max() > 240  # the caption
    assert np.median(picture[-10:]) < 90  # the band


@pytest.mark.parametrize("size", [(1, 1), (28, 28), (40, 2000), (2000, 40), (5000, 3000)])
def test_any_shape_gets_a_size_that_can_be_read(size):
    width, height = prediction_figure(Image.new("L", size), "a long name " * 20).size
    assert 320 <= width <= 1600 and height <= 1800 and max(width, height) >= 480


def test_small_images_keep_their_pixels():
    pixels = np.array([[0, 255], [255, 0]], np.uint8)
    picture = np.asarray(prediction_figure(Image.fromarray(pixels), "x").convert("L"))
    assert set(np.unique(picture[:200])) == {0, 255}


def test_each_photo_has_its_own_picture(tmp_path):
    photos = [tmp_path / name for name in ("a.png", "b.png", "b.bmp")]
    for photo in photos:
        Image.new("RGB", (50, 40), "green").save(photo)
    written = write_prediction_figures(photos, ["x", "y", "z"], tmp_path / "out")
    assert [path.name for path in written] == ["a-prediction.png", "b.png-prediction.png", "b.bmp-prediction.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)


def test_a_file_that_is_no_photo_is_named_and_leaves_nothing(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no photo")
    with pytest.raises(DataError, match=r"a\.png: not an image"):
        write_prediction_figures([tmp_path / "a.png"], ["x"], tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))


def test_class_names_in_any_script_can_be_written():
    assert prediction_figure(Image.new("RGB", (600, 400)), "女性 93%").size == (600, 400)
