import pytest
import torch

from lightlab.scratch.optimizers import Nesterov
from lightlab.surfaces.callback import _name_of


@pytest.mark.parametrize(
    ("optimizer", "settings", "name"),
    [
        (torch.optim.SGD, {}, "sgd"),
        (torch.optim.SGD, {"momentum": 0.9}, "momentum"),
        (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}, "nesterov"),
        (torch.optim.RMSprop, {}, "rmsprop"),
        (Nesterov, {"momentum": 0.9}, "nesterov"),
    ],
)
def test_an_optimizer_is_called_as_in_the_config(optimizer, settings, name):
    assert _name_of(optimizer([torch.nn.Parameter(torch.zeros(2))], lr=0.1, **settings)) == name
