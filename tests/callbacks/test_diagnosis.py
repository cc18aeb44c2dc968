import math

import pytest
import torch
from torch import nn

from lightlab.callbacks.diagnosis import ErrorDiagnosis
from lightlab.spec import Spec
from lightlab.training.fit import train

SPEC = Spec("toy", (2,), 2, "class", class_names=("a", "b"))
RIGHT = (51 * torch.eye(2).repeat(4, 1), torch.tensor([0, 1] * 4))  # the identity answers all of these rightly
HALF_RIGHT = (RIGHT[0], torch.tensor([0, 1, 1, 0] * 2))


class Answers(nn.Linear):
    """The identity; all wrong in training, as a network with dropout is worse there."""

    def __init__(self):
        super().__init__(2, 2)
        nn.init.eye_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x):
        return super().forward(-x if self.training else x)


def test_errors_of_both_splits_in_evaluation_mode(trained):
    callback = ErrorDiagnosis()
    trained(callback, SPEC, Answers(), train=RIGHT, test=HALF_RIGHT)
    assert callback.results == {"error/train": 0.0, "error/test": 0.5, "diagnosis": "high variance"}
    assert "train 0.0%, test 50.0% (1 - accuracy, on 8 and 8 rows)" in callback.message
    assert "high variance; try more rows" in callback.message


def test_no_more_training_rows_than_test_rows_are_looked_at(trained):
    callback = ErrorDiagnosis(most=5)
    trained(callback, SPEC, Answers(), train=RIGHT, test=RIGHT)
    assert "on 5 and 8 rows" in callback.message
    few = tuple(part[:3] for part in RIGHT)
    trained(callback, SPEC, Answers(), train=RIGHT, test=few)
    assert "on 3 and 3 rows" in callback.message


def test_without_test_rows_the_validation_rows_are_judged(trained):
    callback = ErrorDiagnosis()
    trained(callback, SPEC, Answers(), train=RIGHT, val=HALF_RIGHT)
    assert callback.results == {"error/train": 0.0, "error/val": 0.5, "diagnosis": "high variance"}


def test_training_rows_alone_give_no_verdict(trained):
    callback = ErrorDiagnosis()
    trained(callback, SPEC, Answers(), train=RIGHT)
    assert callback.results == {} and callback.message == ""


def test_the_error_of_a_regression_is_the_variance_that_is_left(trained):
    spec = Spec("toy", (1,), 1, "number")
    network = nn.Linear(1, 1)
    nn.init.zeros_(network.weight)
    nn.init.zeros_(network.bias)
    rows = (torch.tensor([[51.0], [102.0], [0.0]]), torch.tensor([[-1.0], [1.0], [0.0]]))
    callback = ErrorDiagnosis()
    trained(callback, spec, network, train=rows, test=rows)
    assert callback.results["error/test"] == pytest.approx(1.0)
    assert callback.results["diagnosis"] == "high bias" and "1 - R²" in callback.message


def test_one_test_row_has_no_verdict_in_a_regression(trained):
    rows = (torch.ones(1, 1), torch.ones(1, 1))
    callback = ErrorDiagnosis()
    trained(callback, Spec("toy", (1,), 1, "number"), nn.Linear(1, 1), train=rows, test=rows)
    assert math.isnan(callback.results["error/test"])
    assert callback.results["diagnosis"] == "not measurable"


@pytest.mark.parametrize(("network", "is_measured"), [("linear", True), ("mlp_50", False)])
def test_parameter_recovery_measures_linear_networks_only(network, is_measured, config, tmp_path):
    whole = config("task=linear_regression", f"network={network}", "trainer.max_epochs=50", "pictures=none")
    assert ("w_error/learnt" in train(whole, tmp_path)) == is_measured
