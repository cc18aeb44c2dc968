"""Lightning's callbacks whose work would be lost end in a line that names what to use."""

import pytest

from lightlab.errors import UsageError
from lightlab.training.building import build


@pytest.mark.parametrize(
    ("callback", "instead"),
    [
        (
            "{_target_: lightning.pytorch.callbacks.StochasticWeightAveraging, swa_lrs: 0.1}",
            r"=\[default,swa\]",
        ),
        ("{_target_: lightning.pytorch.callbacks.LearningRateFinder}", "find_lr=true"),
        ("{_target_: lightning.pytorch.callbacks.BatchSizeFinder}", "find_batch_size=true"),
        (
            "{_target_: lightning.pytorch.callbacks.GradientAccumulationScheduler, scheduling: {0: 2}}",
            r"so does trainer\.accumulate_grad_batches=2",
        ),
    ],
)
def test_a_callback_whose_work_would_be_lost_is_refused(callback, instead, config, tmp_path):
    whole = config("task=linear_toy", f"+callbacks.theirs={callback}", "trainer.accumulate_grad_batches=2")
    with pytest.raises(UsageError, match=rf"callbacks\.theirs: .*{instead}"):
        build(whole, tmp_path)
