"""Searches whose runs are a formula; tests/sweeps/search/test_sweep_commands.py has real ones."""

import shlex
from pathlib import Path

import optuna
import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import OmegaConf

from lightlab.config.composition import HYDRA_DEFAULTS
from lightlab.errors import UsageError
from lightlab.sweeps.search.space import read_space
from lightlab.sweeps.search.study import Monitor, open_study
from lightlab.sweeps.search.sweep import check_known, search

SPACE = ["x=interval(-1,1)", "optimizer=sgd,adam"]


class Launcher:
    """Runs a formula of the overrides in place of a training."""

    def __init__(self, formula) -> None:
        self.formula, self.batches = formula, []

    def launch(self, job_overrides, initial_job_idx):
        self.batches.append(job_overrides)
        return [self.run(dict(each.split("=", 1) for each in overrides)) for overrides in job_overrides]

    def run(self, told):
        folder = Path("swept") / told["hydra.sweep.subdir"]
        folder.mkdir(parents=True, exist_ok=True)
        value = self.formula(told, folder)
        config = OmegaConf.create({"hydra": {"runtime": {"output_dir": str(folder.absolute())}}})
        status = JobStatus.FAILED if isinstance(value, Exception) else JobStatus.COMPLETED
        return JobReturn(hydra_cfg=config, status=status, _return_value=value)


def distance(told, folder):
    return abs(float(told["x"]) - 0.3)


@pytest.fixture
def searched(conf):
    """Searches with a formula for the least loss, into the folder swept/."""

    def run(*overrides, formula=distance, space=SPACE):
        with initialize_config_dir(str(conf), **HYDRA_DEFAULTS):
            told = ["hydra/sweeper=optuna", "hydra.sweep.dir=swept", "task=linear_regression", *overrides]
            config = compose("train", overrides=told, return_hydra_config=True)
        launcher = Launcher(formula)
        search(config, launcher, ["trainer.max_epochs=3", *space], None)
        return launcher

    return run


def study():
    space = read_space(["trainer.max_epochs=3", *SPACE])
    return open_study("sqlite:///swept/study.db", "linear_regression", Monitor("loss/train", "min"), space)


def found():
    return yaml.safe_load(Path("swept/best.yaml").read_text())


def test_the_best_trial_is_named_with_the_command_that_trains_it_whole(searched, capsys):
    searched("hydra.sweeper.n_trials=12", "hydra.sweeper.seed=3")
    best = found()["best"]
    assert best["value"] == min(trial.value for trial in study().trials) < 0.3
    assert best["folder"] == f"swept/{best['trial']}"
    assert shlex.split(best["command"]) == ["python", "train.py", "trainer.max_epochs=3", *best["overrides"]]
    assert shlex.split(best["whole"]) == ["python", "train.py", *best["overrides"]]
    assert f"best         loss/train {best['value']:.4g}, of trial {best['trial']} (swept/" in capsys.readouterr().out
    assert {path.name for path in Path("swept/figures").iterdir()} == {"history.png", "values.png", "importance.png"}


def test_runs_are_told_where_to_report_by_hydras_own_overrides_alone(searched):
    [[overrides]] = searched("hydra.sweeper.n_trials=1").batches
    own = [each for each in overrides if each.lstrip("+").startswith("hydra.")]
    assert overrides[0] == "trainer.max_epochs=3"
    assert [each.partition("=")[0] for each in overrides if each not in own][1:] == ["x", "optimizer"]
    assert "hydra.sweep.subdir=0" in own and "+hydra.job.env_set.LIGHTLAB_TRIAL='0'" in own


def test_as_many_run_together_as_n_jobs_says(searched):
    assert [len(batch) for batch in searched("hydra.sweeper.n_trials=5", "hydra.sweeper.n_jobs=2").batches] == [2, 2, 1]


def test_what_failed_diverged_or_was_pruned_is_told_and_the_search_goes_on(searched, capsys):
    def formula(told, folder):
        number = int(folder.name)
        if number == 0:
            (folder / "error.txt").write_text("the loss is nan at step 7\n")
        if number == 2:
            (folder / "pruned.txt").write_text("pruned\n")
        return {0: float("nan"), 1: RuntimeError("broken"), 2: 0.9, 3: None}.get(number, 0.5)

    searched("hydra.sweeper.n_trials=5", formula=formula)
    assert [trial.state.name for trial in study().trials] == ["FAIL", "FAIL", "PRUNED", "FAIL", "COMPLETE"]
    assert study().trials[0].user_attrs["error"] == "the loss is nan at step 7"
    assert found()["trials"] == {"complete": 1, "pruned": 1, "failed": 3} and found()["best"]["trial"] == 4
    assert "trial 2 · pruned · " in capsys.readouterr().out


def test_a_search_all_of_whose_runs_failed_names_no_best(searched):
    searched("hydra.sweeper.n_trials=3", formula=lambda told, folder: float("nan"))
    assert found()["trials"]["failed"] == 3 and "best" not in found()


def test_an_interrupted_search_goes_on_and_repeats_what_was_broken_off(searched):
    def interrupted(told, folder):
        if folder.name == "3":
            raise KeyboardInterrupt
        return distance(told, folder)

    with pytest.raises(KeyboardInterrupt):
        searched("hydra.sweeper.n_trials=6", "hydra.sweeper.sampler.n_startup_trials=2", formula=interrupted)
    assert found()["trials"]["complete"] == 3
    searched("hydra.sweeper.n_trials=6", "hydra.sweeper.sampler.n_startup_trials=2")
    tried = [trial for trial in study().trials if trial.state.name == "COMPLETE"]
    assert [trial.number for trial in tried] == [0, 1, 2, 4, 5, 6]
    assert tried[3].params == study().trials[3].params  # what was broken off is tried first, in the same folder
    assert [Path(trial.user_attrs["folder"]).name for trial in tried] == ["0", "1", "2", "3", "5", "6"]


def test_what_a_broken_off_trial_left_is_moved_aside(searched):
    def interrupted(told, folder):
        (folder / "checkpoints").mkdir()
        (folder / "checkpoints" / "last.ckpt").write_text("hours of work")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched("hydra.sweeper.n_trials=1", formula=interrupted)
    searched("hydra.sweeper.n_trials=1")
    assert Path("swept/0/earlier-1/checkpoints/last.ckpt").read_text() == "hours of work"
    assert not Path("swept/0/checkpoints").exists()


def test_a_search_that_is_complete_starts_nothing(searched, capsys):
    searched("hydra.sweeper.n_trials=3")
    assert searched("hydra.sweeper.n_trials=3").batches == []
    assert "3 of 3 trials have ended" in capsys.readouterr().out


def test_no_trial_is_begun_when_the_time_is_over(searched):
    assert searched("hydra.sweeper.timeout=1e-9").batches == []


def test_a_grid_ends_with_its_last_point(searched):
    launcher = searched("hydra/sweeper/sampler=grid", space=["x=range(0,1,0.5)", "optimizer=sgd,adam"])
    assert len({tuple(each[1:3]) for [each] in launcher.batches}) == len(launcher.batches) == 4


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("hydra.sweeper.n_trials=0", "hydra.sweeper.n_trials=0: must be a whole number of at least 1"),
        ("hydra.sweeper.n_jobs=0", "must be a whole number of at least 1, at most 256, or -1"),
        ("hydra.sweeper.timeout=-3", "must be a number above 0, or null"),
        ("+hydra.sweeper.n_trial=3", "n_trial: no such key; did you mean 'n_trials'"),
        ("hydra.sweeper.sampler.n_startup_trials=x", "hydra.sweeper.sampler"),
        ("+hydra.sweeper.pruner.patience=3", "hydra.sweeper.pruner: .*patience"),
        ("hydra.sweeper.n_trials=100000000", "must be a whole number of at least 1, at most 10000"),
        ("hydra.sweeper.timeout=nan", "must be a number above 0, or null"),
        ("hydra.sweeper.sampler=3", "choose one by hydra/sweeper/sampler=NAME"),
        ("hydra.sweeper.pruner=null", "choose one by hydra/sweeper/pruner=NAME"),
        ("hydra.sweeper.pruner.n_warmup_steps=inf", "hydra.sweeper.pruner.n_warmup_steps=inf: must be finite"),
        (f"hydra.sweeper.study_name={'a' * 10_000}", "at most 200 are possible"),
        ("hydra.sweeper.storage='sqlite://'", "in memory, where no other process finds it"),
        ("folds=5", "folds=5: a search compares runs by validation rows"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_written(searched, override, message):
    with pytest.raises(UsageError, match=message):
        searched(override)
    assert not Path("swept").exists()


def test_runs_that_the_study_does_not_know_are_not_written_over(tmp_path):
    study = optuna.create_study(study_name="new")
    check_known(study, tmp_path)
    (tmp_path / "0" / ".hydra").mkdir(parents=True)
    with pytest.raises(UsageError, match="holds 1 runs that the study new does not know"):
        check_known(study, tmp_path)
