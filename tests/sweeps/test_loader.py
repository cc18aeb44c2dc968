"""lightlab.sweeps.loader: a job's config is what Hydra itself composes for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.errors import ConfigCompositionException
from hydra.types import RunMode
from omegaconf import OmegaConf

from lightlab.sweeps.loader import SweepLoader

CONF = Path(__file__).parents[2] / "conf"
SWEPT = ["task=fashion_lenet", "optimizer=sgd,adam", "seed=0,1"]


def loaders(*hydras: str):
    search_path = create_config_search_path(str(CONF))
    master = ConfigLoaderImpl(search_path).load_configuration("train", [*SWEPT, *hydras], RunMode.MULTIRUN)
    return ConfigLoaderImpl(search_path), SweepLoader(search_path), master


@pytest.mark.parametrize(
    "jobs",
    [
        [["task=fashion_lenet", "seed=0"], ["task=fashion_lenet", "seed=1"]],
        [["task=fashion_lenet", f"optimizer={name}", f"seed={seed}"] for name in ("sgd", "adam") for seed in (0, 1)],
        [["optimizer.lr=0.1", "task=fashion_lenet"], ["optimizer.lr=0.2", "task=fashion_lenet", "+note=x"]],
        [["task=fashion_lenet", "trainer={max_epochs: 2}", "data.train_size=100"], ["task=fashion_lenet"]],
        [["task=house_prices", "data.drop=[Id,MSSubClass]"], ["task=house_prices", "data.drop=[Id]"]],
        [["task=fashion_lenet", "~scheduler", "seed=1"], ["task=fashion_lenet", "seed=1"]],
        [["optimizer.lr=5", "++optimizer.lr=3"], ["optimizer.lr=5", "~optimizer.lr", "+optimizer.lr=3"]],
        [["seed=1", "hydra.sweep.subdir=7"], ["seed=2", "hydra.sweep.subdir=8"]],
    ],
    ids=["values", "choices", "added", "a dictionary", "a list", "deleted", "in their order", "Hydra's own"],
)  # fmt: skip
def test_each_job_is_composed_as_hydra_composes_it(jobs):
    plain, quick, master = loaders("hydra.sweep.dir=somewhere", "hydra.job.config.override_dirname.exclude_keys=[seed]")
    for job in jobs:
        expected = OmegaConf.to_container(plain.load_sweep_config(master, job))
        assert OmegaConf.to_container(quick.load_sweep_config(master, job)) == expected


def test_jobs_that_choose_alike_are_composed_once(monkeypatch):
    _, quick, master = loaders()
    composed = []
    original = ConfigLoaderImpl.load_sweep_config
    monkeypatch.setattr(
        ConfigLoaderImpl,
        "load_sweep_config",
        lambda self, config, job: [composed.append(job), original(self, config, job)][1],
    )
    for seed in range(5):
        for optimizer in ("sgd", "adam"):
            quick.load_sweep_config(master, [f"optimizer={optimizer}", f"seed={seed}"])
    assert composed == [["optimizer=sgd"], ["optimizer=adam"]]


def test_a_jobs_values_are_not_the_next_ones():
    _, quick, master = loaders()
    first = quick.load_sweep_config(master, ["optimizer=adam", "optimizer.lr=5"])
    assert first.optimizer.lr == 5
    assert quick.load_sweep_config(master, ["optimizer=adam"]).optimizer.lr != 5


def test_an_unknown_key_is_refused_in_hydras_words():
    _, quick, master = loaders()
    with pytest.raises(ConfigCompositionException, match="Could not override"):
        quick.load_sweep_config(master, ["optimizer=adam", "optimizer.lrr=5"])


def test_a_group_that_only_a_searchpath_has_is_left_to_hydra(tmp_path):
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "one.yaml").write_text("word: 1\n")
    plain, quick, master = loaders(f"hydra.searchpath=['file://{tmp_path}']")
    job = ["+extra=one", "seed=3"]
    expected = OmegaConf.to_container(plain.load_sweep_config(master, job))
    assert OmegaConf.to_container(quick.load_sweep_config(master, job)) == expected
    assert expected["extra"] == {"word": 1}
