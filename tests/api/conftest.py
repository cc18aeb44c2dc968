import pytest

import lightlab

SMALL = ("pictures=none", "logger=csv", "keep_pages=false", "cache_dir=null")


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """A run of small images, which no test changes."""
    folder = tmp_path_factory.mktemp("images") / "run"
    options = {"data.source": "embedded", "trainer": {"max_epochs": 2, "limit_train_batches": 10}}
    return lightlab.train("task=fashion_softmax", "~callbacks.diagnosis", *SMALL, options, folder=folder, quiet=True)


@pytest.fixture(scope="session")
def line(tmp_path_factory):
    """A run of a line through three points, which no test changes."""
    folder = tmp_path_factory.mktemp("line") / "run"
    return lightlab.train("task=linear_toy", "trainer.max_epochs=3", *SMALL, folder=folder, quiet=True)
