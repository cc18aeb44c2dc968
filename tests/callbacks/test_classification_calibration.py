import math

import numpy as np
import pytest

from lightlab.modules.metrics import calibrate


def test_bins_hold_means_and_the_error_weighs_them_by_rows():
    found = calibrate(np.array([0.1, 0.2, 0.9, 1.0]), np.array([0, 0, 1, 0]), bins=2)
    assert found.predicted == pytest.approx([0.15, 0.95])
    assert found.observed == pytest.approx([0.0, 0.5])
    assert found.share == pytest.approx([0.5, 0.5])
    assert found.expected_error == pytest.approx(0.5 * 0.15 + 0.5 * 0.45)


def test_probabilities_that_come_true_as_often_as_they_say_have_no_error():
    probabilities = np.repeat([0.25, 0.75], 4)
    assert calibrate(probabilities, np.array([1, 0, 0, 0, 1, 1, 1, 0])).expected_error == pytest.approx(0)


def test_of_no_rows_there_is_no_error():
    assert math.isnan(calibrate(np.zeros(0), np.zeros(0)).expected_error)
