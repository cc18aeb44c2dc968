import numpy as np
import pytest

from lightlab.data.synthetic.garments import garments


@pytest.fixture(scope="module")
def drawn():
    return garments(1000, seed=0)


def test_size_type_and_balance(drawn):
    images, labels = drawn
    assert images.shape == (1000, 28, 28) and images.dtype == np.uint8
    assert labels.dtype == np.int64 and np.bincount(labels).tolist() == [100] * 10


def test_a_count_that_ten_does_not_divide_is_balanced_to_one():
    _, labels = garments(17, seed=0)
    assert set(np.bincount(labels, minlength=10)) == {1, 2}


def test_classes_are_shuffled(drawn):
    assert len(set(drawn[1][:20])) > 5


def test_the_seed_decides(drawn):
    again, other = garments(1000, seed=0), garments(1000, seed=1)
    assert (again[0] == drawn[0]).all() and (again[1] == drawn[1]).all()
    assert (other[1] != drawn[1]).any()


def test_light_garments_on_black_no_two_alike(drawn):
    images, _ = drawn
    share = (images > 0).mean(axis=(1, 2))
    assert (share > 0.05).all() and (share < 0.8).all()
    assert (images.max(axis=(1, 2)) > 40).all()
    assert len(np.unique(images.reshape(1000, -1), axis=0)) == 1000


def test_most_classes_are_told_apart_by_their_mean_image_and_tops_are_not(drawn):
    images, labels = garments(1000, seed=1)
    means = np.stack([drawn[0][drawn[1] == each].mean(axis=0) for each in range(10)]).reshape(10, -1)
    distances = ((images.reshape(-1, 1, 784) - means) ** 2).sum(axis=2)  # (N, classes)
    right = distances.argmin(axis=1) == labels
    tops = np.isin(labels, [0, 2, 4, 6])
    assert right[~tops].mean() > 0.7
    assert 0.25 < right[tops].mean() < right[~tops].mean() - 0.1
