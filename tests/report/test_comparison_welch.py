import pytest

from lightlab.report.comparison import welch

# Welch's example of unequal variances, worked by hand: t = 2.8284, 3.9024 degrees of freedom.
FIRST, SECOND = [5.0, 7.0, 9.0], [1.0, 2.0, 3.0]


def test_p_and_interval_are_those_of_the_formula():
    difference, error, freedom = (
        5.0,
        (4 / 3 + 1 / 3) ** 0.5,
        (4 / 3 + 1 / 3) ** 2 / ((4 / 3) ** 2 / 2 + (1 / 3) ** 2 / 2),
    )
    from scipy.stats import t

    found = welch(FIRST, SECOND)
    assert found.p == pytest.approx(2 * t.sf(difference / error, freedom))
    assert found.low == pytest.approx(difference - t.ppf(0.975, freedom) * error)
    assert found.high == pytest.approx(difference + t.ppf(0.975, freedom) * error)


def test_the_order_turns_the_interval_alone():
    one, other = welch(FIRST, SECOND), welch(SECOND, FIRST)
    assert one.p == pytest.approx(other.p) and one.low == pytest.approx(-other.high)


@pytest.mark.parametrize(("first", "second"), [([1.0], [2.0, 3.0]), ([1.0, 2.0], []), ([1.0, 1.0], [2.0, 2.0])])
def test_nothing_is_tested_without_two_values_each_and_some_spread(first, second):
    assert welch(first, second) is None


def test_a_spread_in_one_of_them_is_enough():
    assert welch([1.0, 1.0], [2.0, 3.0]).p > 0.05


def test_values_that_are_nearly_the_same_warn_of_nothing():
    assert welch([0.9, 0.9 + 1e-16, 0.9], [0.8, 0.8 + 2e-16, 0.8]) is not None
