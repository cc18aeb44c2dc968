import pytest
import torch
from rich.console import Console
from torch import nn

from lightlab.callbacks.progress import layer_table


def shown(network, example):
    console = Console(width=200)
    with console.capture() as capture:
        console.print(layer_table(network, example))
    return [line.split() for line in capture.get().splitlines()]


def test_each_layer_has_its_shape_and_parameters_and_the_network_their_sum():
    network = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Flatten(), nn.Linear(6 * 576, 10)).train()
    assert shown(network, torch.zeros(2, 1, 28, 28)) == [
        ["layer", "output", "shape", "parameters"],
        ["0", "Conv2d", "(N,", "6,", "24,", "24)", "156"],
        ["1", "Flatten", "(N,", "3456)"],
        ["2", "Linear", "(N,", "10)", "34,570"],
        ["Sequential", "34,726"],
    ]
    assert network.training and not any(layer._forward_hooks for layer in network.modules())


@pytest.mark.parametrize("used", [True, False])
def test_a_cell_shows_its_outputs_and_an_unused_layer_no_shape(used):
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRU(3, 4, batch_first=True)

        def forward(self, x):
            return self.cell(x)[0] if used else x

    line = shown(Network(), torch.zeros(2, 5, 3))[1]
    assert line == ["cell", "GRU", *(["(N,", "5,", "4)"] if used else []), "108"]
