import math

import pytest

from lightlab.report.charts import Scale, fitting


def test_ends_lie_where_they_should():
    scale = Scale(1, 3, 100, 200)
    assert [scale(value) for value in (1, 2, 3)] == [100, 150, 200]
    log = Scale(0.01, 1, 0, 100, log=True)
    assert [log(value) for value in (0.01, 0.1, 1)] == [0, 50, 100]


def test_what_lies_far_outside_stays_near_the_chart():
    assert Scale(0, 1, 0, 100)(1e300) == 200 and Scale(0.1, 1, 0, 100, log=True)(0.0) == -100


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]), (0.15, 3.1, ["0.5", "1", "1.5", "2", "2.5", "3"])],
)
def test_ticks_are_round(low, high, expected):
    assert [text for _, text in Scale(low, high, 0, 1).ticks()] == expected


def test_ticks_of_a_logarithmic_scale_are_powers_of_ten():
    assert [text for _, text in Scale(0.0005, 2000, 0, 1, log=True).ticks()] == [
        "0.001",
        "0.01",
        "0.1",
        "1",
        "10",
        "100",
        "1000",
    ]
    assert [text for _, text in Scale(0.3, 12, 0, 1, log=True).ticks()] == ["0.5", "1", "2", "5", "10"]


@pytest.mark.parametrize(
    ("values", "log"), [([0.5, 2.5], False), ([0.01, 2.5], True), ([-1, 0.01, 100], False), ([0, 1], False)]
)
def test_a_logarithm_is_taken_where_values_span_more_than_a_factor_of_thirty(values, log):
    assert fitting(values, 0, 1).log is log


def test_one_run_that_explodes_hides_no_other():
    scale = fitting([0.5, 0.4, 0.3, 0.6, 1e30], 0, 1)
    assert scale.high < 1e4


@pytest.mark.parametrize("values", [[], [math.nan, math.inf], [0.5], [0.0], [0.5, 0.5], [1e-300, 1e300], [-5.0, -5.0]])
def test_any_values_have_a_scale(values):
    scale = fitting(values, 0, 100)
    assert scale.low < scale.high and all(math.isfinite(place) for place, _ in scale.ticks())
