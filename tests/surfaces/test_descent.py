import pytest
import torch

from lightlab.errors import UsageError
from lightlab.networks.initializers import Initializer
from lightlab.spec import Spec
from lightlab.surfaces.descent import Point, SurfaceDescent
from lightlab.surfaces.functions import Bowl, Rosenbrock


def spec(start):
    return Spec("bowl", (2,), 2, "surface", start=start)


def descent(start, surface):
    network = Point(spec(start), None, None)
    return SurfaceDescent(surface, network=network, spec=spec(start))


def test_the_point_begins_at_the_start_and_follows_the_gradient():
    module = descent((-3.0, 4.0), Bowl())
    loss = module.training_step((torch.zeros(1, 2), torch.zeros(1, 1)), 0)
    loss.backward()
    assert loss.item() == 25.0 and module.point.tolist() == [-3.0, 4.0]
    assert module.network.position.grad.tolist() == [-6.0, 8.0]


def test_no_initializer_moves_the_point():
    network = Point(spec((-3.0, 4.0)), None, None)
    Initializer(torch.nn.init.zeros_, bias=0.0)(network)
    assert network.position.tolist() == [-3.0, 4.0]


def test_a_start_of_no_finite_height_is_refused():
    with pytest.raises(UsageError, match=r"data.start=\[1e\+20, 0\]: the height of bowl is inf there"):
        descent((1e20, 0.0), Rosenbrock())


def test_a_point_elsewhere_than_on_a_surface_is_refused():
    with pytest.raises(UsageError, match="network point takes a point on a surface, but data line gives numbers"):
        Point(Spec("line", (1,), 1, "number"), None, None)


def test_the_prediction_is_where_the_point_is_and_how_high():
    module = descent((-3.0, 4.0), Bowl())
    assert module.predict(module(torch.zeros(1, 2)).detach()) == {"x": [-3.0], "y": [4.0], "height": [25.0]}
