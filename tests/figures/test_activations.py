from pathlib import Path

import pytest
import torch

from lightlab.figures.activations import ACTIVATIONS, derivatives

CONF = Path(__file__).parents[2] / "conf"
X = torch.tensor([-2.0, -0.5, 0.5, 3.0])
SIGMOID = torch.sigmoid(X)


def test_every_choice_of_the_config_is_drawn():
    assert {path.stem for path in (CONF / "activation").glob("*.yaml")} <= set(ACTIVATIONS)


@pytest.mark.parametrize(
    ("name", "slopes"),
    [
        ("sigmoid", [SIGMOID * (1 - SIGMOID)]),
        ("tanh", [1 - torch.tanh(X) ** 2]),
        ("relu", [(X > 0).float()]),
        ("step", [torch.zeros(4)]),
        ("softplus", [SIGMOID]),
        ("identity", [torch.ones(4)]),
        ("crelu", [(X > 0).float(), -(X < 0).float()]),
    ],
)
def test_derivatives_are_those_that_calculus_gives(name, slopes):
    assert torch.allclose(derivatives(ACTIVATIONS[name].function, X)[1], torch.stack(slopes), atol=1e-6)
