import pytest

from lightlab.report.comparison import compare
from lightlab.report.formatting import translator
from lightlab.report.interactions import setting_charts
from lightlab.report.runs import read_runs


def charts(folder):
    specification = setting_charts(compare(read_runs([folder]))[0], translator("en"))
    return specification["concat"] if specification else []


def marks(chart):
    return [layer["mark"] if isinstance(layer["mark"], str) else layer["mark"]["type"] for layer in chart["layer"]]


def test_one_of_two_settings_is_drawn_over_the_other(grid):
    (chart,) = charts(grid)
    assert chart["title"] == "accuracy/val by optimizer.lr, one line per optimizer"
    assert chart["encoding"]["x"]["scale"]["domain"] == ["0.01", "0.1", "1.0"]
    assert chart["encoding"]["color"]["scale"]["domain"] == ["sgd", "adam"]
    rows = {(row["line"], row["x"]): row["text"] for row in chart["data"]["values"]}
    assert len(rows) == 6 and rows["adam", "0.1"] == "0.9050 ± 0.0071" and marks(chart) == ["rule", "line", "circle"]


def test_two_numbers_are_a_heat_map_coloured_by_rank(write_run, tmp_path):
    for number, (lr, size) in enumerate([(0.1, 50), (0.1, 100), (0.01, 50)]):
        write_run(tmp_path / str(number), f"optimizer.lr={lr}", f"data.size={size}", scores=(number / 10,))
    (chart,) = charts(tmp_path)
    assert marks(chart) == ["rect", "text"]
    assert [chart["encoding"][axis]["scale"]["domain"] for axis in "xy"] == [["0.01", "0.1"], ["50", "100"]]
    cells = {(row["x"], row["y"]): (row["text"], row["place"]) for row in chart["data"]["values"]}
    assert cells == {("0.1", "50"): ("0", 0.0), ("0.1", "100"): ("0.1", 0.5), ("0.01", "50"): ("0.2", 1.0)}


def test_other_settings_are_averaged_over(write_run, tmp_path):
    settings = [(a, b, c) for a in "pq" for b in "rs" for c in "tu"]
    for number, (a, b, c) in enumerate(settings):
        write_run(tmp_path / str(number), f"data.a={a}", f"data.b={b}", f"data.c={c}", scores=(number / 10,))
    found = charts(tmp_path)
    assert len(found) == 3
    means = {(row["x"], row["line"]): row["mean"] for row in found[0]["data"]["values"]}
    assert means["p", "r"] == pytest.approx(0.05) and means["q", "s"] == pytest.approx(0.65)


@pytest.mark.parametrize(("values", "count"), [([0.001, 0.01, 0.1], 1), ([0.001, 0.01], 0)])
def test_one_number_has_the_score_drawn_over_it(write_run, tmp_path, values, count):
    for number, value in enumerate(values):
        write_run(tmp_path / str(number), f"optimizer.lr={value}", scores=(number / 10 + 0.1,))
    found = charts(tmp_path)
    assert [marks(chart) for chart in found] == [["rule", "line", "circle"]] * count


def test_a_search_over_two_numbers_is_a_point_per_trial_on_each(write_run, tmp_path):
    for number in range(20):
        write_run(tmp_path / str(number), f"optimizer.lr={0.1**number}", f"data.size={number + 0.5}", scores=(0.5,))
    found = charts(tmp_path)
    assert [chart["title"] for chart in found] == ["accuracy/val by optimizer.lr", "accuracy/val by data.size"]
    assert [(marks(chart), len(chart["data"]["values"])) for chart in found] == [(["rule", "circle"], 20)] * 2


def test_draws_of_a_search_are_not_drawn_over_each_other(write_run, tmp_path):
    for number, optimizer in enumerate(["adam", "sgd"] * 3):
        write_run(tmp_path / str(number), f"optimizer={optimizer}", f"optimizer.lr={0.1 + number / 7}", scores=(0.5,))
    (chart,) = charts(tmp_path)
    assert chart["title"] == "accuracy/val by optimizer.lr" and len(chart["data"]["values"]) == 6
