import numpy as np
import pytest
from PIL import Image

from lightlab.errors import DataError
from lightlab.plots.predictions import prediction_figure, prediction_words, write_prediction_figures
from lightlab.spec import Spec

CLASS = Spec("toy", (1, 8, 8), 3, "class", class_names=("cat", "dog", "emu"))
BINARY = Spec("toy", (1, 8, 8), 1, "binary", class_names=("no", "yes"))
NUMBER = Spec("toy", (1, 8, 8), 1, "number", target_name="score")


@pytest.mark.parametrize(
    ("spec", "columns", "words"),
    [
        (CLASS, {"class": ["dog"], "probability": [0.931], "p(cat)": [0.0]}, ["dog 93%"]),
        (BINARY, {"class": ["no", "yes"], "probability": [0.1, 0.8]}, ["no 90%", "yes 80%"]),
        (NUMBER, {"score": [3.51666, 123456.0]}, ["score 3.517", "score 123,456"]),
    ],
)
def test_the_words_are_the_prediction_and_how_sure_it_is(spec, columns, words):
    assert prediction_words(columns, spec) == words


@pytest.mark.parametrize("colour", ["white", "black", "red"])
def test_words_stand_out_on_any_photo(colour):
    picture = np.asarray(prediction_figure(Image.new("RGB", (600, 400), colour), "dog 93%").convert("L"), float)
    assert picture.max(axis=1)[-30:].max() > 240  # the words
    assert np.median(picture[-10:]) < 90  # what is behind them


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
