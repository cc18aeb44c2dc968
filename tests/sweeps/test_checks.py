import pytest

from lightlab.cli.arguments import prepare
from lightlab.config.grammar import parsed
from lightlab.errors import UsageError
from lightlab.sweeps.checks import check_launcher

SEARCH = ["-m", "hydra/sweeper=optuna", "task=linear_regression"]


@pytest.mark.parametrize("jobs", ["0", "-2", "two", "1.5", "true", "257"])
def test_an_impossible_number_of_jobs_is_refused(jobs):
    with pytest.raises(UsageError, match=f"n_jobs={jobs}: must be a whole number of at least 1, at most 256"):
        check_launcher(parsed([f"hydra.launcher.n_jobs={jobs}"]))


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("optimizer.lrr=interval(0.1,1)", "optimizer.lrr: no such key; did you mean 'optimizer.lr'"),
        ("optimiser=sgd,adam", "optimiser: no such key; did you mean 'optimizer'"),
        ("optimizer=sgd,adm", "optimizer=adm: no such choice; did you mean 'adam'"),
        ("optimizer.lr=tag(log,interval(-1,1))", r"optimizer.lr=-1.0: must be a number above 0"),
        ("data.batch_size=range(0,9)", "data.batch_size=0: must be"),
        ("data.batch_size=interval(8,64)", r"data.batch_size=8.0: must be a whole number"),
        ("data.batch_size=range(9,9)", "a range without any value"),
    ],
)
def test_a_range_that_no_run_could_take_is_refused_before_anything_starts(conf, argument, message):
    with pytest.raises(UsageError, match=message):
        prepare([*SEARCH, argument], conf)


@pytest.mark.parametrize(
    "argument",
    [
        "optimizer.lr=tag(log,interval(1e-4,1))",
        "data.batch_size=int(interval(8,64))",
        "data.batch_size=range(1,1000000)",
    ],
)
def test_of_a_range_only_its_ends_are_tried_out(conf, argument):
    assert prepare([*SEARCH, argument], conf).argv == [*SEARCH, argument]


def test_an_interval_needs_a_search(conf):
    with pytest.raises(UsageError, match=r"a range without steps; .* or search it with hydra/sweeper=optuna"):
        prepare(["-m", "optimizer.lr=interval(0.1,1)"], conf)


@pytest.mark.parametrize("argument", ["optimizer=sgd,adam", "seed=range(3)", "optimizer.lr=choice(0.1,0.2)"])
def test_several_values_need_a_multirun(conf, argument):
    with pytest.raises(UsageError, match="add -m"):
        prepare([argument], conf)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["optimizer=sgd,adam,adm"], "optimizer=adm"),
        (["optimizer.lr=0.1,0.2,-1"], r"optimizer\.lr=-1"),
        (["seed=range(0,3)", "trainer.max_epochs=3,0"], r"trainer\.max_epochs=0"),
        (["optimizer=sgd,adam", "optimizer.momentum=0.5"], r"optimizer\.momentum: no such key"),
        (
            ["task=fashion_lenet,linear_toy", "data.train_size=9", "seed=0,1"],
            r"in the job with task=linear_toy, seed=0",
        ),
    ],
)
def test_every_value_of_a_sweep_is_checked_before_the_first_job(conf, arguments, message):
    with pytest.raises(UsageError, match=message):
        prepare(["-m", *arguments], conf)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["optimizer=sgd,adam", "optimizer=momentum"], "given once more"),
        (["seed=0,1", "hydra.sweep.subdir=same"], "a folder of its own"),
        (["seed=0,1", "--cfg", "job"], "leave out -m"),
        (["~monitor"], "monitor"),
    ],
)
def test_what_a_sweep_cannot_be(conf, arguments, message):
    with pytest.raises(UsageError, match=message):
        prepare(["-m", *arguments], conf)


def test_a_sweep_over_a_pattern_of_choices(conf):
    assert prepare(["-m", "optimizer=glob(adam*)"], conf).argv == ["-m", "optimizer=glob(adam*)"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["seed=range(0,1000000000)"], "a range of more than 1000000 values"),
        (["seed=range(0,200)", "optimizer.lr=range(0.1,10,0.1)"], "19800 runs; a sweep has at most 10000"),
        (["hydra/sweeper=optuna", "seed=range(0,1000000000)"], "a range of more than 1000000 values"),
        (["seed=range(0,3,0)"], "a range whose step is 0"),
        (["seed=range(0,inf)"], "a range of more than 1000000 values"),
        (["seed=range(nan,3)"], "a range of more than 1000000 values"),
    ],
)
def test_too_many_runs_are_refused_before_they_are_listed(conf, arguments, message):
    with pytest.raises(UsageError, match=message):
        prepare(["-m", *arguments], conf)


@pytest.mark.parametrize("override", ["hydra.sweeper=3", "hydra.launcher._target_=os.system", "hydra.sweep=x"])
def test_the_parts_of_a_sweep_are_chosen_by_name(override):
    with pytest.raises(UsageError, match="cannot be set as a whole; write hydra"):
        check_launcher(parsed([override]))


def test_slurm_off_a_cluster_is_refused(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda program: None)
    with pytest.raises(UsageError, match=r"on no Slurm cluster \(no srun\)"):
        check_launcher(parsed(["hydra/launcher=slurm"]))
