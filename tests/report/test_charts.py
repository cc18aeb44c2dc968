import math

import pytest

from lightlab.report.charts import COLOURS, GREY, colour, curve_charts, scale
from lightlab.report.comparison import compare
from lightlab.report.formatting import translator
from lightlab.report.runs import read_runs


def charts(folder):
    return curve_charts(compare(read_runs([folder]))[0], translator("en"))


def layers(specification, title):
    """The data of a chart's layers by their marks."""
    (chart,) = (chart for chart in specification["concat"] if chart["title"].split(" (")[0] == title)
    return {layer["mark"]["type"]: layer["data"]["values"] for layer in chart["layer"]}


def titles(specification):
    return [chart["title"].split(" (")[0] for chart in specification["concat"]]


def legend(specification):
    return specification["concat"][0]["layer"][0]["encoding"]["color"]["scale"]


def test_one_chart_per_metric_with_a_line_and_a_band_per_configuration(sweep):
    specification = charts(sweep)
    assert [chart["title"] for chart in specification["concat"]] == ["loss (training)", "accuracy (validation)"]
    accuracy = layers(specification, "accuracy")
    assert [line["configuration"] for line in accuracy["line"]] == ["2 sgd", "1 adam"]  # the best lies on top
    assert accuracy["line"][1]["epoch"] == [1, 2] and accuracy["line"][1]["value"] == [0.5, 0.91]
    assert accuracy["area"][1]["low"] == [0.5, 0.9] and accuracy["area"][1]["high"] == [0.5, 0.92]
    assert {line["kind"] for line in layers(specification, "loss")["line"]} == {"training"}


def test_the_pointer_reads_the_values_of_an_epoch(sweep):
    rows = layers(charts(sweep), "accuracy")["rule"]
    assert rows[1] == {"epoch": 2, "1 adam": "0.910 ± 0.010", "2 sgd": "0.710 ± 0.010"}


def test_the_pointer_reads_training_beside_validation(write_run, tmp_path):
    run = write_run(tmp_path / "0")
    (run / "metrics.csv").write_text("epoch,loss/train,loss/val\n1,0.25,0.5\n2,0.125,0.375\n")
    assert layers(charts(tmp_path), "loss")["rule"][0] == {"epoch": 1, "1 toy": "0.5 (training 0.25)"}


def test_a_learning_rate_that_changes_has_a_chart(write_run, tmp_path):
    run = write_run(tmp_path / "0")
    assert "learning rate" not in titles(charts(tmp_path))
    (run / "metrics.csv").write_text("epoch,learning_rate,accuracy/val\n1,0.1,0.5\n2,0.01,0.6\n")
    assert "learning rate" in titles(charts(tmp_path))


def test_runs_that_did_not_end_are_drawn_one_by_one(wrecks):
    lines = layers(charts(wrecks), "accuracy")["line"]
    stopped = [line["configuration"] for line in lines if line["kind"] == "runs that did not end"]
    assert sorted(stopped) == ["1 adam", "× adadelta", "× rmsprop", "× sgd"]


def test_without_an_epoch_there_is_no_chart(write_run, tmp_path):
    write_run(tmp_path / "0", scores=(), state="failed", reason="no data")
    assert charts(tmp_path) is None


def test_configurations_beyond_the_colours_are_grey_and_have_no_band(write_run, tmp_path):
    for number in range(2 * len(COLOURS) + 4):
        override, seed = f"optimizer.lr={number // 2}", f"seed={number % 2}"
        write_run(tmp_path / str(number), override, seed, scores=(0.5, 0.5 + number / 99))
    specification = charts(tmp_path)
    names = legend(specification)
    assert names["domain"][-1] == "the other 2" and names["range"] == [*COLOURS, GREY]
    accuracy = layers(specification, "accuracy")
    assert len(accuracy["line"]) == len(COLOURS) + 2 and len(accuracy["area"]) == len(COLOURS)
    assert colour(0) == COLOURS[0] and colour(7) == GREY


def test_long_curves_are_thinned_and_keep_their_last_epoch(write_run, tmp_path):
    write_run(tmp_path / "0", scores=[0.5] * 1000)
    (line,) = layers(charts(tmp_path), "accuracy")["line"]
    assert len(line["epoch"]) <= 121 and line["epoch"][0] == 1 and line["epoch"][-1] == 1000


@pytest.mark.parametrize(
    ("values", "kind"),
    [([0.5, 2.5], "linear"), ([0.01, 2.5], "log"), ([-1, 0.01, 100], "linear"), ([0, 1], "linear")],
)
def test_a_scale_is_logarithmic_where_values_span_more_than_a_factor_of_thirty(values, kind):
    assert scale(values)["type"] == kind


def test_one_run_that_explodes_hides_no_other():
    assert scale([0.5, 0.4, 0.3, 0.6, 1e30])["domain"][1] < 1e4


@pytest.mark.parametrize("values", [[], [math.nan, math.inf], [0.5], [0.0], [0.5, 0.5], [1e-300, 1e300], [-5.0, -5.0]])
def test_any_values_have_a_scale(values):
    low, high = scale(values)["domain"]
    assert low < high and math.isfinite(low) and math.isfinite(high)
