"""Measurements that suggest a learning rate or a batch size, and train nothing."""

import pandas as pd
import pytest

from lightlab.cli.arguments import prepare
from lightlab.config.schema import check
from lightlab.errors import UsageError
from lightlab.training.finders import find, suggested

SMALL = [
    *("task=fashion_lenet", "data.source=embedded", "data.train_size=60", "data.batch_size=30", "network.hidden=[8]"),
    "network.channels=[2,3]",
]


def test_the_rate_at_which_the_loss_falls_fastest_is_suggested():
    rates, losses = [0.001, 0.01, 0.1, 1.0, 10.0], [2.0, 1.9, 1.2, 1.0, 5.0]
    assert suggested(rates, losses) == 0.1
    assert suggested(rates, [2.0, 2.0, 1.99, 2.0, 9.0]) is None


@pytest.mark.parametrize("optimizer", ["sgd", "muon", "scratch_adam"])
def test_find_lr_says_a_rate_and_the_command_that_uses_it(optimizer, config, tmp_path, capsys):
    typed = [*SMALL, f"optimizer={optimizer}"]
    results = find(config(*typed, "find_lr=true"), tmp_path, [*typed, "find_lr=true"])
    said = capsys.readouterr().out
    rate = f"{results['find_lr/suggestion']:.2g}"
    assert f"suggestion   {rate}, where the loss falls fastest" in said and "config       " in said
    assert f" optimizer={optimizer} optimizer.lr={rate}\n" in said and "find_lr=true" not in said
    assert 10 < len(pd.read_csv(tmp_path / "find_lr.csv")) <= 160
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figures", "find_lr.csv"]


def test_find_batch_size_tries_powers_of_two_up_to_all_rows(config, tmp_path, capsys):
    small = [*SMALL, "data.train_size=8"]
    results = find(config(*small, "find_batch_size=true"), tmp_path, [*small, "find_batch_size=true"])
    sizes = list(pd.read_csv(tmp_path / "find_batch_size.csv")["batch_size"])
    assert sizes == [1, 2, 4, 8] and results["find_batch_size/suggestion"] in sizes
    said = capsys.readouterr().out
    assert f"data.batch_size={results['find_batch_size/suggestion']} (its" in said and "data.batch_size=30" not in said


@pytest.mark.parametrize("other", ["folds=3", "find_batch_size=true"])
def test_a_measurement_stands_alone(other, config):
    with pytest.raises(UsageError, match="cannot go with"):
        check(config(*SMALL, "find_lr=true", other))


def test_a_measurement_is_no_sweep_and_leaves_no_record_of_a_run(conf):
    with pytest.raises(UsageError, match="measure one run; leave out -m"):
        prepare(["-m", "find_lr=true", "seed=0,1"], conf)
    assert "hydra.output_subdir=null" in prepare(["find_lr=true"], conf).argv
