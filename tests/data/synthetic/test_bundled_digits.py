import numpy as np

from lightlab.data.synthetic.bundled import digits


def test_size_type_and_range():
    images, labels = digits()
    assert images.shape == (1797, 28, 28) and images.dtype == np.uint8
    assert labels.shape == (1797,) and labels.dtype == np.int64
    assert set(labels) == set(range(10))
    assert images.max() == 255 and images.min() == 0


def test_a_digit_fills_the_inner_square():
    images, _ = digits()
    inner = images[:, 4:24, 4:24]
    assert inner.any(axis=(1, 2)).all()
    assert inner.sum(dtype=np.int64) == images.sum(dtype=np.int64)
