import numpy as np
import pandas as pd
import pytest

import lightlab


def test_history_metrics_and_config_are_those_of_the_folder(images):
    assert images.state == "done" and images.error == "" and images.folder.is_absolute()
    assert list(images.history["epoch"]) == [1, 2] and images.history["step"].dtype == int
    assert images.metrics["accuracy/val"] == pytest.approx(images.history["accuracy/val"].max())
    assert images.config["name"] == "fashion_softmax" and "trainer.max_epochs=2" in images.overrides
    assert lightlab.load(images.folder).metrics == images.metrics


def test_the_module_has_the_best_weights_and_is_loaded_once(images):
    assert images.module is images.module and not images.module.training
    frame = images.predict(np.zeros((1, 28, 28), np.uint8))
    assert list(frame.columns[:2]) == ["row", "class"] and len(frame) == 1


def test_a_notebook_shows_a_table_and_figures(images):
    shown = images._repr_html_()
    assert "<table>" in shown and "<td>accuracy</td>" in shown and str(images.folder) in shown
    assert images.plot()._repr_png_().startswith(b"\x89PNG") and len(images.plot().axes) == 3


def test_pictures_of_the_run_are_shown_by_their_names(images, tmp_path):
    (images.folder / "figures").mkdir(exist_ok=True)
    images.plot().savefig(images.folder / "figures" / "mistakes.png")
    assert images.pictures == ["mistakes"] and images.plot("mistakes")._repr_png_()
    with pytest.raises(lightlab.UsageError, match="plot 'mistake': no such picture; did you mean 'mistakes'"):
        images.plot("mistake")


def test_rows_are_predicted_with_their_scores(line):
    assert line.predict([[4.0], [5.0]])["y"].tolist() == line.predict(np.array([[4.0], [5.0]]))["y"].tolist()
    assert set(line.predict(pd.DataFrame({"x": [4.0], "y": [8.5]})).attrs["scores"]) == {"mae", "r2", "rmse"}


@pytest.mark.parametrize(
    ("inputs", "options", "error", "said"),
    [
        ([[1.0]], {"thresold": 1}, lightlab.UsageError, "thresold=.*did you mean 'threshold'"),
        ([[1.0]], {"threshold": 3}, lightlab.UsageError, "threshold=3: must be"),
        (None, {}, lightlab.UsageError, "input= is missing"),
        (None, {"start": "春"}, lightlab.UsageError, "not an option of a run of linear_toy"),
        ([[1.0, 2.0]], {}, lightlab.DataError, "has 2 cells; this run takes 1: x"),
        (object(), {}, lightlab.DataError, "type object; pass paths, numbers, pictures or a DataFrame"),
        ("nowhere.csv", {}, lightlab.DataError, "nowhere.csv: no such file"),
    ],
)
def test_what_cannot_be_predicted_is_one_line(line, inputs, options, error, said):
    with pytest.raises(error, match=said):
        line.predict(inputs, **options)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(lightlab.UsageError, match="no such folder"):
        lightlab.load("nowhere")
    with pytest.raises(lightlab.UsageError, match="holds no checkpoint"):
        lightlab.load(tmp_path)
