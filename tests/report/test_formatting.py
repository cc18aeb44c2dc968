import math

import pytest

from lightlab.report.formatting import as_number, duration, mean_and_deviation, p_value, plain, same_decimals, short


@pytest.mark.parametrize(
    ("mean", "deviation", "text"),
    [
        (0.91333, 0.00943, "0.9133 ± 0.0094"),
        (0.8, 0.12, "0.80 ± 0.12"),
        (36.93, 16.4, "37 ± 16"),
        (489.2, 3.14159, "489.2 ± 3.1"),
        (0.55, 0.0, "0.550 ± 0.000"),
        (0.91333, None, "0.9133"),
        (2.4e-21, 1.3e-22, "2.4e-21 ± 1.3e-22"),
        (0.0, 0.1, "0 ± 0.1"),
        (math.nan, None, ""),
    ],
)
def test_a_mean_has_as_many_digits_as_its_deviation(mean, deviation, text):
    assert mean_and_deviation(mean, deviation) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (math.inf, ""), (0.123456, "0.1235"), (12345.6, "12,346"), (1e30, "1e+30")]
)
def test_plain_numbers_have_four_digits(value, text):
    assert plain(value) == text


def test_numbers_of_one_sentence_have_the_same_decimals():
    assert same_decimals(0.0401, -0.00056, 0.0806) == ["0.040", "−0.001", "0.081"]
    assert same_decimals(1.0, 1.0) == ["1.0000", "1.0000"]


@pytest.mark.parametrize(("seconds", "text"), [(None, ""), (3.21, "3.2 s"), (125, "2.1 min"), (7200, "2.0 h")])
def test_durations_have_a_unit_that_keeps_them_short(seconds, text):
    assert duration(seconds) == text


def test_chances_have_two_digits_and_none_is_zero():
    assert p_value(0.0321) == "p = 0.032" and p_value(1e-9) == "p < 0.001"


def test_only_finite_numbers_are_numbers():
    assert as_number("1e-3") == 0.001
    assert [as_number(text) for text in ("adam", "nan", "inf", "")] == [None] * 4


def test_long_values_are_shortened():
    assert short("0.012345678901") == "0.01235" and short("0.001") == "0.001"
    assert len(short("x" * 100)) == 60
