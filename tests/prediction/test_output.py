import math
import os

import pandas as pd
import pytest
from PIL import Image

from lightlab.errors import DataError, UsageError
from lightlab.plots.predictions import write_prediction_figures
from lightlab.prediction.output import check_output, write_table
from lightlab.prediction.predict import Predictions, check_finite_predictions

TABLE = pd.DataFrame({"name": ["=cmd|x", "-1.5", "春"], "class": ["@a", "+b", "\tc"], "p(=x)": [-0.5, 0.25, 1.0]})


def test_no_text_in_a_csv_is_a_formula_and_numbers_stay(tmp_path):
    write_table(TABLE.rename(columns={"class": "-class"}), tmp_path / "t.csv")
    rows = ["name,'-class,p(=x)", "'=cmd|x,'@a,-0.5", "-1.5,'+b,0.25", "春,'\tc,1.0"]
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines() == rows


def test_json_keeps_texts_as_they_are(tmp_path):
    write_table(TABLE, tmp_path / "t.json")
    assert pd.read_json(tmp_path / "t.json", dtype=False)["class"].tolist() == ["@a", "+b", "\tc"]


def test_what_is_printed_cannot_command_a_terminal():
    table = pd.DataFrame({"name": ["\x1b[2Ja\u202eb"], "class": ["\x9b1m"]})
    text = Predictions(table, {}).text() + Predictions(table, {}, text_column="class").text()
    assert "\\x1b[2Ja\\u202eb" in text and "\\x9b1m" in text and not {"\x1b", "\x9b", "\u202e"} & set(text)


@pytest.fixture
def run(tmp_path):
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    for name in ("run/metrics.csv", "run/mine.csv", "input.csv", "photos/labels.csv", "old.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("kept")
    os.link(tmp_path / "input.csv", tmp_path / "linked.csv")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("input.csv", "made from .*input.csv"),
        ("linked.csv", "made from .*input.csv"),
        ("photos/labels.csv", "made from .*photos"),
        ("run/metrics.csv", "a record of that run"),
        ("folder.csv", "something else than a file"),
        ("pipe.csv", "something else than a file"),
        ("input.csv/t.csv", "cannot be written"),
        (f"{'x' * 300}.csv", "cannot be written"),
        ("nul\0.csv", "cannot be written"),
    ],
)
def test_an_output_that_would_replace_something_else_is_refused(name, reason, run):
    with pytest.raises(UsageError, match=reason):
        check_output(run / name, [str(run / "input.csv"), str(run / "photos"), "auto", "a" * 5000, "nul\0"])


@pytest.mark.parametrize("name", ["old.csv", "new.csv", "run/mine.csv", "run/new.csv", "new/folder/t.csv"])
def test_earlier_predictions_are_replaced(name, run):
    check_output(run / name, [str(run / "input.csv"), str(run / "photos")])


def test_a_photos_figure_replaces_its_own_and_no_other(tmp_path):
    for folder, grey in (("a", 10), ("b", 200)):
        (tmp_path / folder).mkdir()
        Image.new("L", (500, 500), grey).save(tmp_path / folder / "001.png")
    drawn = [write_prediction_figures([tmp_path / name / "001.png"], ["x"], tmp_path)[0].name for name in "abab"]
    assert drawn == ["001-prediction.png", "001-prediction-2.png"] * 2
    (tmp_path / "a" / "001-prediction.png").write_text("somebody's own")
    assert write_prediction_figures([tmp_path / "a" / "001.png"], ["x"], tmp_path / "a")[0].stem == "001-prediction-2"


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_prediction_that_is_not_finite_names_its_row(value):
    with pytest.raises(DataError, match=f"row 2: the predicted price is {value}: its inputs lie too far"):
        check_finite_predictions({"price": [1.0, value], "class": ["inf", "nan"]}, ["row 1", "row 2"])
