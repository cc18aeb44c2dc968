import math

import pytest

from lightlab.callbacks.diagnosis import diagnose


@pytest.mark.parametrize(
    ("train", "test", "verdict"),
    [
        (0.05, 0.20, "high variance"),
        (0.20, 0.05, "high bias"),
        (0.20, 0.30, "high bias and high variance"),
        (0.01, 0.02, "neither"),
    ],
)
def test_the_courses_examples(train, test, verdict):
    assert diagnose(train, test) == verdict


@pytest.mark.parametrize(("train", "test"), [(0.10, 0.15), (0.0, 0.05), (0.1, 0.1)])
def test_the_limits_themselves_are_in_order(train, test):
    assert diagnose(train, test) == "neither"


def test_limits_can_be_moved():
    assert diagnose(0.2, 0.3, acceptable=0.25, gap=0.2) == "neither"


@pytest.mark.parametrize("errors", [(math.nan, 0.1), (0.1, math.nan), (-math.inf, 0.1)])
def test_errors_that_are_no_numbers_give_no_verdict(errors):
    assert diagnose(*errors) == "not measurable"
