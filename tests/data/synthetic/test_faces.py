import numpy as np
import pytest

from lightlab.data.synthetic.dishes import dishes
from lightlab.data.synthetic.faces import faces


@pytest.fixture(scope="module", params=[faces, dishes], ids=["faces", "dishes"])
def draw(request):
    return request.param


@pytest.fixture(scope="module")
def drawn(draw):
    return draw(200, seed=0)


def test_sizes_types_and_scores(drawn):
    images, names, scores = drawn
    assert images.shape == (200, 64, 64, 3) and images.dtype == np.uint8
    assert len(set(names)) == len(names) == len(scores) == 200
    assert scores.min() >= 1 and scores.max() <= 5
    assert 2.5 < scores.mean() < 3.5 and scores.std() > 0.5
    assert ((scores == 1) | (scores == 5)).mean() < 0.05


def test_the_seed_decides_and_no_two_are_alike(draw, drawn):
    again, other = draw(20, seed=0), draw(20, seed=1)
    assert (again[0] == drawn[0][:20]).all() and again[1] == drawn[1][:20]
    assert (other[0] != again[0]).any()
    assert len(np.unique(drawn[0].reshape(200, -1), axis=0)) == 200


def test_dishes_of_more_and_livelier_colours_score_higher():
    images, _, scores = dishes(196, seed=0)
    inner = images[:, 16:48, 16:48].astype(float)
    liveliness = (inner.max(3) - inner.min(3)).mean((1, 2))
    assert np.corrcoef(liveliness, scores)[0, 1] > 0.3


def test_names_tell_the_two_kinds_of_faces_and_hair_mostly_does():
    images, names, _ = faces(300, seed=0)
    kinds = np.array([name[1] == "F" for name in names])
    assert {name[:2] for name in names} == {"DF", "DM"} and 0.4 < kinds.mean() < 0.6
    beside_the_neck, wall = images[:, 44:50, [14, 50]].astype(float), images[:, 2:5, [2, 61]].astype(float)
    covered = abs(beside_the_neck.mean((1, 2)) - wall.mean((1, 2))).max(1) > 40
    assert covered[kinds].mean() > covered[~kinds].mean() + 0.3
