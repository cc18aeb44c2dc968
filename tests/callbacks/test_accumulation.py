"""A schedule of accumulated batches: the run's length and its learning rates count its steps."""

import pytest

from lightlab.errors import UsageError
from lightlab.optimization.schedulers import RunLength
from lightlab.training.building import build
from lightlab.training.fit import fit

TRAINER = {"limit_train_batches": None, "accumulate_grad_batches": 1, "max_epochs": 5, "max_steps": -1}


@pytest.mark.parametrize(
    ("scheduling", "steps"), [({0: 4, 2: 2}, 2 * 3 + 3 * 5), ({3: 5}, 3 * 10 + 2 * 2), ({0: 2, 9: 1}, 5 * 5)]
)
def test_the_length_of_a_run_counts_each_epochs_steps(scheduling, steps):
    assert RunLength.of(10, TRAINER, scheduling).steps == steps


def test_a_schedule_ends_with_the_last_step(config, tmp_path):
    small = ["task=fashion_lenet", "data.source=embedded", "data.train_size=60", "network.channels=[2,3]"]
    small += ["scheduler=cosine", "trainer.max_epochs=2", "pictures=none", "data.batch_size=10"]
    accumulation = ["callbacks=[default,accumulation]", "callbacks.accumulation.scheduling={0: 3, 1: 2}"]
    run = build(config(*small, *accumulation), tmp_path)
    fit(run)
    assert run.trainer.global_step == run.module.run_length.steps == 2 + 3
    assert run.trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0, abs=1e-9)
    assert run.module.batches_per_step == 2


@pytest.mark.parametrize("scheduling", ["null", "{-1: 2}", "{first: 2}"])
def test_a_schedule_without_epochs_is_refused(scheduling, config, tmp_path):
    accumulation = ["callbacks=[default,accumulation]", f"callbacks.accumulation.scheduling={scheduling}"]
    with pytest.raises(UsageError, match=r"accumulation\.scheduling=.*such as {0: 8, 4: 2}"):
        build(config("task=linear_toy", *accumulation), tmp_path)
