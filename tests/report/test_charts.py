from itertools import pairwise

import pytest

from lightlab.report.charts import BOTTOM, COLOURS, TOP, Line, colour, curve_charts, spread_marks, thinned
from lightlab.report.comparison import compare
from lightlab.report.folders import read_runs
from lightlab.report.interactions import HeatMap, interactions, responses
from lightlab.report.words import speaker

say = speaker("en")


def setting_charts(found, say):
    return [*interactions(found, say), *responses(found, say)]


def comparison(folder):
    return compare(read_runs([folder]))[0]


def test_one_chart_a_metric_with_a_line_and_a_band_a_configuration(sweep):
    loss, accuracy = curve_charts(comparison(sweep), say)
    assert [loss.title, accuracy.title] == ["loss", "accuracy"]
    assert [(line.name, line.style, line.mark) for line in accuracy.lines] == [
        ("sgd", "val", "2"),
        ("adam", "val", "1"),
    ]
    assert all(line.band for line in accuracy.lines)
    assert {line.style for line in loss.lines} == {"train"}
    assert accuracy.lines[1].points.split(" ")[1].endswith(",2,0.91")  # epoch and mean, for who points at it


def test_a_learning_rate_that_changes_has_a_chart(write_run, tmp_path):
    run = write_run(tmp_path / "0")
    assert "learning rate" not in [chart.title for chart in curve_charts(comparison(tmp_path), say)]
    (run / "metrics.csv").write_text("epoch,learning_rate,accuracy/val\n1,0.1,0.5\n2,0.01,0.6\n")
    assert "learning rate" in [chart.title for chart in curve_charts(comparison(tmp_path), say)]


def test_runs_that_did_not_end_are_drawn_one_by_one(wrecks):
    accuracy = curve_charts(comparison(wrecks), say)[1]
    stopped = {line.name for line in accuracy.lines if line.style == "stopped"}
    assert stopped == {"adam (1)", "sgd (3)", "rmsprop (5)", "adadelta (6)"}


def test_without_an_epoch_there_is_no_chart(write_run, tmp_path):
    write_run(tmp_path / "0", scores=(), state="failed", reason="no data")
    assert curve_charts(comparison(tmp_path), say) == []


def test_after_the_colours_come_greys_without_bands(write_run, tmp_path):
    for number in range(2 * COLOURS + 4):
        write_run(
            tmp_path / str(number), f"optimizer.lr={number // 2}", f"seed={number % 2}", scores=(0.1, number / 99)
        )
    lines = curve_charts(comparison(tmp_path), say)[1].lines
    assert [line.colour for line in lines] == ["rest"] * 2 + [f"c{index}" for index in reversed(range(COLOURS))]
    assert [bool(line.band) for line in lines] == [False] * 2 + [True] * COLOURS
    assert colour(-1) == "rest"


def test_long_curves_are_thinned_and_keep_their_last_epoch():
    kept = thinned(list(range(1, 1001)))
    assert len(kept) <= 121 and kept[0] == 1 and kept[-1] == 1000


def test_marks_at_the_ends_of_lines_do_not_cover_each_other():
    lines = [Line("", index, "", mark=str(index), end=(0, BOTTOM - 1)) for index in range(5)]
    spread_marks(lines)
    heights = sorted(line.end[1] for line in lines)
    assert all(lower - upper >= 11 for upper, lower in pairwise(heights))
    assert heights[0] >= TOP and heights[-1] <= BOTTOM


def test_of_two_settings_one_is_drawn_over_the_other(grid):
    (chart,) = setting_charts(comparison(grid), say)
    assert chart.x_label == "optimizer.lr" and [text for _, text in chart.x_ticks] == ["0.01", "0.1", "1.0"]
    assert [line.name for line in chart.lines] == ["optimizer=sgd", "optimizer=adam"]
    assert [len(line.dots) for line in chart.lines] == [3, 3]


def test_two_numbers_are_a_map(write_run, tmp_path):
    for number, (lr, size) in enumerate([(0.1, 50), (0.1, 100), (0.01, 50)]):
        write_run(tmp_path / str(number), f"optimizer.lr={lr}", f"data.size={size}", scores=(number / 10,))
    (heat,) = setting_charts(comparison(tmp_path), say)
    assert isinstance(heat, HeatMap) and heat.y_values == ["0.01", "0.1"] and heat.x_values == ["50", "100"]
    assert heat.cells == [[("0.2", 1.0), None], [("0", 0.0), ("0.1", 0.5)]]


def test_other_settings_are_averaged_over(write_run, tmp_path):
    settings = [(a, b, c) for a in "pq" for b in "rs" for c in "tu"]
    for number, (a, b, c) in enumerate(settings):
        write_run(tmp_path / str(number), f"data.a={a}", f"data.b={b}", f"data.c={c}", scores=(number / 10,))
    charts = setting_charts(comparison(tmp_path), say)
    assert len(charts) == 3
    assert [point.split(",")[-1] for point in charts[0].lines[0].points.split()] == ["0.05", "0.45"]


@pytest.mark.parametrize(("values", "lines"), [([0.001, 0.01, 0.1], 1), ([0.001, 0.01], 0)])
def test_one_number_has_the_score_drawn_over_it(write_run, tmp_path, values, lines):
    for number, value in enumerate(values):
        write_run(tmp_path / str(number), f"optimizer.lr={value}", scores=(number / 10 + 0.1,))
    charts = setting_charts(comparison(tmp_path), say)
    assert sum(len(chart.lines) for chart in charts) == lines


def test_a_search_over_two_numbers_is_a_dot_a_trial_on_each(write_run, tmp_path):
    for number in range(20):
        write_run(tmp_path / str(number), f"optimizer.lr={0.1**number}", f"data.size={number + 0.5}", scores=(0.5,))
    charts = setting_charts(comparison(tmp_path), say)
    assert [(chart.x_label, len(chart.lines)) for chart in charts] == [("optimizer.lr", 20), ("data.size", 20)]


def test_draws_of_a_search_are_not_drawn_over_each_other(write_run, tmp_path):
    for number, optimizer in enumerate(["adam", "sgd"] * 3):
        write_run(tmp_path / str(number), f"optimizer={optimizer}", f"optimizer.lr={0.1 + number / 7}", scores=(0.5,))
    (chart,) = setting_charts(comparison(tmp_path), say)
    assert chart.title == "accuracy/val by optimizer.lr" and len(chart.lines) == 6
