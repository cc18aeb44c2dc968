import math

import numpy as np
import pytest
import torch

from lightlab.modules.metrics import RunningMean, calibrate


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


def test_a_running_mean_is_weighted():
    mean = RunningMean()
    mean.add(torch.tensor(3.0), 3)
    mean.add(torch.tensor(5.0), 1)
    assert float(mean.compute()) == 2.0
    mean.reset()
    mean.add(torch.tensor(14.0), 2)
    assert float(mean.compute()) == 7.0


def test_the_mean_of_nothing_is_nan():
    assert math.isnan(float(RunningMean().compute()))


def test_a_running_mean_goes_on_from_its_state():
    first, second = RunningMean(), RunningMean()
    first.add(torch.tensor(3.0), 3)
    second.load(first.state())
    second.add(torch.tensor(5.0), 1)
    assert float(second.compute()) == 2.0
    assert all(type(value) in (int, float) for value in first.state().values())


def test_half_precision_losses_are_added_up_in_full():
    mean = RunningMean()
    for _ in range(1000):
        mean.add(torch.tensor(100.0, dtype=torch.bfloat16), 100)
    assert float(mean.compute()) == 1.0
