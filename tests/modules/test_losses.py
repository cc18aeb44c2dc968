import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from lightlab.modules import losses
from lightlab.modules.losses import LogRMSELoss, TokenCrossEntropy
from lightlab.spec import IGNORED


@pytest.fixture(autouse=True)
def several_chunks(monkeypatch):
    monkeypatch.setattr(losses, "CHUNK", 64)


def batch(rows=23, classes=11, kind=torch.float32):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(rows, classes, generator=generator).mul(3).to(kind).requires_grad_()
    targets = torch.randint(0, classes, (rows,), generator=generator)
    targets[::5] = IGNORED
    return logits, targets


@pytest.mark.parametrize(("kind", "within"), [(torch.float32, 1e-6), (torch.bfloat16, 1e-3)])
def test_the_loss_and_its_gradient_are_torchs(kind, within):
    logits, targets = batch(kind=kind)
    loss = TokenCrossEntropy()(logits, targets)
    loss.mul(3).backward()
    ours, logits.grad = logits.grad, None
    expected = cross_entropy(logits.float(), targets)
    expected.mul(3).backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert ours.dtype == kind and torch.allclose(ours.float(), logits.grad.float(), atol=within)


def test_the_gradient_is_that_of_differences():
    logits, targets = batch(5, 4)
    loss = TokenCrossEntropy()
    loss(logits, targets).backward()
    for row, column in [(0, 0), (1, 2), (4, 3)]:
        step = torch.zeros_like(logits)
        step[row, column] = 0.05
        with torch.no_grad():
            slope = (loss(logits + step, targets) - loss(logits - step, targets)) / 0.1
        assert float(logits.grad[row, column]) == pytest.approx(float(slope), abs=1e-3)


def test_without_gradients_the_loss_is_the_same_and_the_logits_are_left_alone():
    logits, targets = batch()
    before = logits.detach().clone()
    with torch.no_grad():
        loss = TokenCrossEntropy()(logits, targets)
    assert loss.item() == pytest.approx(cross_entropy(before, targets).item(), rel=1e-6)
    assert torch.equal(logits, before)


def test_log_rmse_is_the_root_of_the_mean_squared_difference_of_logarithms():
    outputs, targets = torch.tensor([[math.e], [math.e**2]]), torch.tensor([[1.0], [math.e**5]])
    assert float(LogRMSELoss()(outputs, targets)) == pytest.approx(math.sqrt((1 + 9) / 2), rel=1e-5)


def test_outputs_below_1_count_as_1_and_pass_no_gradient():
    outputs = torch.tensor([[-5.0], [2.0]], requires_grad=True)
    loss = LogRMSELoss()(outputs, torch.tensor([[math.e], [math.e]]))
    loss.backward()
    assert float(loss.detach()) == pytest.approx(math.sqrt((1 + (1 - math.log(2)) ** 2) / 2), rel=1e-5)
    assert float(outputs.grad[0]) == 0 and float(outputs.grad[1]) < 0
