import math

import pytest
import torch

from lightlab.losses import LogRMSELoss


def test_log_rmse_is_the_root_of_the_mean_squared_difference_of_logarithms():
    outputs, targets = torch.tensor([[math.e], [math.e**2]]), torch.tensor([[1.0], [math.e**5]])
    assert float(LogRMSELoss()(outputs, targets)) == pytest.approx(math.sqrt((1 + 9) / 2), rel=1e-5)


def test_outputs_below_1_count_as_1_and_pass_no_gradient():
    outputs = torch.tensor([[-5.0], [2.0]], requires_grad=True)
    loss = LogRMSELoss()(outputs, torch.tensor([[math.e], [math.e]]))
    loss.backward()
    assert float(loss.detach()) == pytest.approx(math.sqrt((1 + (1 - math.log(2)) ** 2) / 2), rel=1e-5)
    assert float(outputs.grad[0]) == 0 and float(outputs.grad[1]) < 0
