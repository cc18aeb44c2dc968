"""lightlab.callbacks.tensorboard: histograms of weights that TensorBoard's bins can hold."""

import pytest

from lightlab.errors import LightlabError
from lightlab.training.fit import train


def test_weights_beyond_the_bins_do_not_hide_that_the_run_has_diverged(config, tmp_path):
    enormous = ["task=linear_toy", "optimizer=sgd", "optimizer.lr=1e30", "trainer.max_epochs=9", "logger=tensorboard"]
    with pytest.raises(LightlabError, match=r"the loss is (inf|nan)"):
        train(config(*enormous), tmp_path)
