"""A job's config is what Hydra itself composes for it, and combinations are composed before the first job starts."""

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException
from hydra.plugins.sweeper import Sweeper
from hydra.types import RunMode
from omegaconf import OmegaConf

from hydra_plugins.lightlab_sweepers import GridSweeper
from lightlab.config.composition import HYDRA_DEFAULTS
from lightlab.sweeps.loader import SweepLoader

SWEPT = ["task=fashion_lenet", "optimizer=sgd,adam", "seed=0,1"]


@pytest.fixture
def loaders(conf):
    """Returns Hydra's loader, ours, and the config of a sweep."""
    with initialize_config_dir(str(conf), **HYDRA_DEFAULTS):
        hydras = GlobalHydra.instance().config_loader()

        def make(*overrides: str):
            master = hydras.load_configuration("train", [*SWEPT, *overrides], RunMode.MULTIRUN)
            return hydras, SweepLoader(hydras), master

        yield make


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
def test_each_job_is_composed_as_hydra_composes_it(loaders, jobs):
    hydras, ours, master = loaders("hydra.sweep.dir=somewhere", "hydra.job.config.override_dirname.exclude_keys=[seed]")
    for job in jobs:
        expected = OmegaConf.to_container(hydras.load_sweep_config(master, job))
        assert OmegaConf.to_container(ours.load_sweep_config(master, job)) == expected


def test_jobs_that_choose_the_same_parts_are_composed_once(loaders, monkeypatch):
    hydras, ours, master = loaders()
    composed = []
    original = hydras.load_sweep_config
    monkeypatch.setattr(
        hydras, "load_sweep_config", lambda config, job: [composed.append(job), original(config, job)][1]
    )
    for seed in range(5):
        for optimizer in ("sgd", "adam"):
            ours.load_sweep_config(master, [f"optimizer={optimizer}", f"seed={seed}"])
    assert composed == [["optimizer=sgd"], ["optimizer=adam"]]


def test_the_values_of_a_job_are_not_those_of_the_next(loaders):
    _, ours, master = loaders()
    assert ours.load_sweep_config(master, ["optimizer=adam", "optimizer.lr=5"]).optimizer.lr == 5
    assert ours.load_sweep_config(master, ["optimizer=adam"]).optimizer.lr != 5


def test_an_unknown_key_is_refused_in_hydras_words(loaders):
    _, ours, master = loaders()
    with pytest.raises(ConfigCompositionException, match="Could not override"):
        ours.load_sweep_config(master, ["optimizer=adam", "optimizer.lrr=5"])


def test_a_group_that_only_a_searchpath_has_is_left_to_hydra(loaders, tmp_path):
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "one.yaml").write_text("word: 1\n")
    hydras, ours, master = loaders(f"hydra.searchpath=['file://{tmp_path}']")
    job = ["+extra=one", "seed=3"]
    expected = OmegaConf.to_container(hydras.load_sweep_config(master, job))
    assert OmegaConf.to_container(ours.load_sweep_config(master, job)) == expected
    assert expected["extra"] == {"word": 1}


def sweeper(loader, params=None):
    sweeper = GridSweeper(max_batch_size=None, params=params, unfinished=False, zip=[], stop_on_failure=False)
    sweeper.hydra_context = type("Context", (), {"config_loader": loader})
    return sweeper


def test_a_grid_has_every_combination_and_the_last_of_a_key_that_is_given_twice(loaders):
    jobs = sweeper(loaders()[1], {"seed": "0,1"}).jobs(["optimizer=sgd,adam", "name='a b'", "name=c", "~callbacks"])
    assert [job[0] for job in jobs] == ["seed=0", "seed=0", "seed=1", "seed=1"]
    assert [job[1] for job in jobs] == ["optimizer=sgd", "optimizer=adam"] * 2
    assert all(job[2] == "name=c" for job in jobs)


@pytest.mark.parametrize(
    ("jobs", "composed"),
    [
        ([["task=toy", "seed=0"], ["task=toy", "seed=1"]], False),
        ([["task=toy", "seed=0"]], False),
        ([["optimizer=sgd", "seed=0"], ["optimizer=adam", "seed=1"]], True),
    ],
    ids=["one key", "nothing swept", "two keys"],
)
def test_jobs_are_composed_in_advance_only_where_combinations_are_new(jobs, composed, monkeypatch):
    batches = []
    monkeypatch.setattr(Sweeper, "validate_batch_is_legal", lambda self, batch: batches.append(batch))
    sweeper(None).validate_batch_is_legal(jobs)
    assert bool(batches) == composed
