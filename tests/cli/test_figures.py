import numpy as np
import pytest
from PIL import Image

from lightlab.cli.figures import draw
from lightlab.errors import DataError, UsageError
from lightlab.figures.options import FIGURES, parse_figure_options
from lightlab.plots.chinese import CHINESE
from lightlab.training.fit import train


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_is_drawn_as_png_and_svg_and_all_its_labels_have_a_chinese_form(name, tmp_path, monkeypatch):
    labels = []
    monkeypatch.setattr("lightlab.plots.style.translator", lambda language: lambda text: labels.append(text) or text)
    png, svg = draw(parse_figure_options([name, f"output={tmp_path}", "format=both"]))
    assert (png.name, svg.name) == (f"{name}.png", f"{name}.svg")
    assert set(labels) <= set(CHINESE)
    with Image.open(png) as picture:
        assert picture.width > 500 and len(np.unique(np.asarray(picture.convert("L")))) > 20
    assert svg.read_text(encoding="utf-8").lstrip().startswith("<?xml")


def test_a_photo_that_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        draw(parse_figure_options(["convolution", "input=nowhere.png", f"output={tmp_path}"]))


def test_lenet_of_a_run(config, tmp_path):
    small = ["data.source=embedded", "data.train_size=64", "trainer.max_epochs=1", "callbacks.overview.graph=false"]
    train(config("task=fashion_lenet", *small), tmp_path / "run")
    (written,) = draw(parse_figure_options(["lenet", f"run={tmp_path / 'run'}", f"output={tmp_path}"]))
    assert written.is_file()
    train(config("task=digits_mlp", *small), tmp_path / "mlp")
    with pytest.raises(UsageError, match="without convolutions; name a run of LeNet"):
        draw(parse_figure_options(["lenet", f"run={tmp_path / 'mlp'}", f"output={tmp_path}"]))
