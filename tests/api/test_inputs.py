import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from lightlab.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)


def predicted(run, inputs):
    return run.predict(inputs)["probability"].tolist()


@pytest.fixture(scope="module")
def expected(images):
    return predicted(images, PIXELS)


FORMS = {
    "one channel": PIXELS[:, None],
    "channel last": PIXELS[..., None],
    "fractions": PIXELS / 255,
    "tensor": torch.from_numpy(PIXELS),
    "list of tensors": list(torch.from_numpy(PIXELS)),
    "pixels in rows": PIXELS.reshape(3, 784).astype(int),
    "pictures": [Image.fromarray(pixels) for pixels in PIXELS],
}


@pytest.mark.parametrize("inputs", FORMS.values(), ids=FORMS)
def test_images_are_the_same_rows_in_every_form(images, expected, inputs):
    assert predicted(images, inputs) == expected


def test_a_single_image_is_one_row(images, expected):
    assert predicted(images, PIXELS[1]) == expected[1:2]


def test_a_list_of_paths_is_read_in_its_order(images, expected, tmp_path):
    for number, pixels in enumerate(PIXELS):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    frame = images.predict([tmp_path / "2.png", str(tmp_path / "0.png")])
    assert frame["name"].tolist() == ["2.png", "0.png"] and frame["probability"].tolist() == [expected[2], expected[0]]


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (np.full((1, 28, 28), 300), "pixels from 300 to 300: expected whole numbers from 0 to 255"),
        (np.full((1, 28, 28), np.nan), "fractions from 0 to 1"),
        (np.zeros((2, 5, 28, 28)), "expected images"),
        ([np.zeros((28, 28)), np.zeros((20, 20))], "rows of different shapes"),
        ([], "the input holds no row|expected images"),
        (np.array(["a"]), "pass paths, numbers, pictures"),
    ],
)
def test_what_is_no_image_is_refused(images, inputs, said):
    with pytest.raises(DataError, match=said):
        images.predict(inputs)


def test_a_table_lacks_no_column(line):
    with pytest.raises(DataError, match=r"the input: .*x"):
        line.predict(pd.DataFrame({"z": [1.0]}))
    with pytest.raises(DataError, match="mixed values"):
        line.predict(pd.DataFrame({"x": [1.0, object()]}))
