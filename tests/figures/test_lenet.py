import torch

from lightlab.figures.lenet import draw_lenet, feature_maps, untrained
from lightlab.figures.options import FigureOptions


def test_feature_maps_have_the_shapes_of_lenet():
    shapes = [tuple(maps.shape) for _, _, maps in feature_maps(untrained(), torch.zeros(1, 1, 28, 28))]
    assert shapes == [(6, 28, 28)] * 2 + [(6, 14, 14)] + [(16, 10, 10)] * 2 + [(16, 5, 5)]


def test_an_untrained_network_is_marked_as_such(capsys):
    figure = draw_lenet(FigureOptions(), str)["lenet"]
    assert "has learnt nothing" in figure.get_suptitle()
    assert "has learnt nothing" in capsys.readouterr().err
