import zipfile

import pytest
import yaml

from lightlab.cli.arguments import prepare
from lightlab.errors import UsageError
from lightlab.sweeps.resume import check_numbered, config_of, remaining, saved_arguments

GRID = "hydra_plugins.lightlab_sweepers.GridSweeper"


@pytest.fixture
def sweep(tmp_path):
    """Makes a sweep's folder as Hydra leaves it."""

    def make(task=("task=linear_toy", "seed=0,1,2,3"), hydra=(), sweeper=GRID, subdir="${hydra:job.num}", own=None):
        own_source = [{"path": own, "provider": "command-line"}] if own else []
        record = {
            "overrides": {"task": list(task), "hydra": ["hydra.mode=MULTIRUN", *hydra]},
            "sweeper": {"_target_": sweeper},
            "sweep": {"subdir": subdir},
            "runtime": {"config_sources": [{"path": "hydra.conf", "provider": "hydra"}, *own_source]},
        }
        folder = tmp_path / "sweeps" / "a b"
        folder.mkdir(parents=True)
        (folder / "multirun.yaml").write_text(yaml.safe_dump({"hydra": record}))
        return folder

    return make


def test_the_command_is_that_of_the_start_in_the_same_folder(sweep, conf):
    folder = sweep(hydra=["hydra.sweep.dir=elsewhere", "hydra.job.name=mine"])
    argv = prepare([f"sweep_resume={folder}"], conf).argv
    assert argv[:4] == ["-m", "task=linear_toy", "seed=0,1,2,3", "hydra.job.name=mine"]
    assert argv[4:] == [
        f"hydra.sweep.dir='{folder}'",
        "hydra.sweeper.unfinished=true",
    ]


def test_another_launcher_takes_the_saved_ones_place(sweep):
    folder = sweep(hydra=["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"])
    assert "hydra.launcher.n_jobs=2" in saved_arguments(folder, [], {})
    told = saved_arguments(folder, ["hydra/launcher=basic"], {})
    assert "hydra/launcher=basic" in told and not [each for each in told if "joblib" in each or "n_jobs" in each]


def test_a_search_is_started_as_before(sweep):
    told = saved_arguments(sweep(sweeper="hydra_plugins.lightlab_sweepers.OptunaSweeper"), [], {})
    assert not [each for each in told if "unfinished" in each]


def test_a_config_folder_of_the_users_own_is_named_and_not_taken_along(sweep, conf, tmp_path):
    (tmp_path / "mine" / "task").mkdir(parents=True)
    (tmp_path / "mine" / "task" / "own.yaml").write_text("# @package _global_\ndefaults: [linear_toy]\n")
    folder = sweep(task=["task=own", "seed=0,1"], own=str(tmp_path / "mine"))
    with pytest.raises(UsageError, match=f"task=own: .*it was started with --config-dir {tmp_path}/mine: give that"):
        prepare([f"sweep_resume={folder}"], conf)
    argv = prepare([f"sweep_resume={folder}", "--config-dir", str(tmp_path / "mine")], conf).argv
    assert argv[:4] == ["--config-dir", str(tmp_path / "mine"), "-m", "task=own"]


@pytest.mark.parametrize("damaged", ["a: [1\n b: {", "seed: 5", "x", ""])
def test_a_stopped_run_whose_config_is_damaged_begins_anew_and_loses_nothing(sweep, damaged):
    run = sweep() / "0"
    (run / "checkpoints").mkdir(parents=True)
    (run / "config.yaml").write_text(damaged)
    with zipfile.ZipFile(run / "checkpoints" / "last.ckpt", "w") as file:
        file.writestr("data", "x")
    assert remaining([["seed=0"]], run.parent) == [["seed=0", "hydra.sweep.subdir=0"]]
    assert (run / "earlier-1" / "config.yaml").read_text() == damaged
    assert (run / "earlier-1" / "checkpoints" / "last.ckpt").is_file()


@pytest.mark.parametrize("kind", ["link", "file"])
def test_nothing_is_written_through_what_takes_a_runs_place(sweep, tmp_path, kind):
    run = sweep() / "7"
    check_numbered(run.parent)
    run.symlink_to(tmp_path) if kind == "link" else run.touch()
    with pytest.raises(UsageError, match=f"7: a {kind}, where a folder of run 7 should be"):
        check_numbered(run.parent)


def test_runs_that_are_done_are_left_out_and_one_that_was_stopped_goes_on(sweep, capsys):
    folder = sweep()
    for number in range(3):
        (folder / str(number) / "checkpoints").mkdir(parents=True)
        (folder / str(number) / "config.yaml").write_text("{name: a, monitor: {}, trainer: {}, folds: null}")
        with zipfile.ZipFile(folder / str(number) / "checkpoints" / "last.ckpt", "w") as file:
            file.writestr("data", "x")
    (folder / "0" / "metrics.json").write_text("{}")
    (folder / "1" / "error.txt").touch()
    missing = remaining([[f"seed={number}"] for number in range(4)], folder)
    assert missing == [
        *(
            [
                f"seed={number}",
                f"resume='{folder.relative_to(folder.parent.parent)}/{number}'",
                f"hydra.sweep.subdir={number}",
                "hydra.output_subdir=null",
            ]
            for number in (1, 2)  # failed, stopped
        ),
        ["seed=3", "hydra.sweep.subdir=3"],
    ]
    assert "running 3 of 4 runs: 1, 2, 3" in capsys.readouterr().out
    assert (folder / "1" / "error.txt").exists()


def test_a_run_goes_on_with_its_own_config_and_todays_places(sweep, config, tmp_path):
    folder, today = sweep() / "2", config("task=digits_mlp", "cache_dir=today")
    folder.mkdir()
    saved = config("task=digits_mlp", "trainer.max_epochs=3", "cache_dir=elsewhere", "allow=[os]")
    del saved["allow"]
    (folder / "config.yaml").write_text(yaml.safe_dump(saved))
    expected = saved | {"resume": str(folder), "cache_dir": "today", "allow": []}
    assert config_of(folder, today, {}) == expected | {"data": saved["data"] | {"cache_dir": "today"}}


def test_nothing_to_be_made_is_said(sweep, capsys):
    folder = sweep()
    (folder / "0").mkdir()
    (folder / "0" / "pruned.txt").touch()
    assert remaining([["seed=0"]], folder) == []
    assert "all 1 runs are complete" in capsys.readouterr().out


def test_what_is_no_sweep_is_refused(tmp_path, conf, sweep):
    (tmp_path / "run" / ".hydra").mkdir(parents=True)
    damaged, named = tmp_path / "damaged", sweep(subdir="${hydra.job.override_dirname}")
    damaged.mkdir()
    (damaged / "multirun.yaml").write_text("hydra: [")
    for folder, answer in {
        tmp_path: "no sweep lies here",
        tmp_path / "none": "no sweep lies here",
        tmp_path / "run": "this is one run, no sweep; go on with it by resume=",
        damaged: "not as Hydra wrote it",
        named: "named by hydra.sweep.subdir",
    }.items():
        with pytest.raises(UsageError, match=answer):
            prepare([f"sweep_resume={folder}"], conf)


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"- a",
        b"\xff\xfe",
        b"a\x00b",
        b"hydra: {overrides: {task: 3}}",
        b"a: &a [x, x]\nhydra: {overrides: {task: [[*a, *a]], hydra: []}, sweep: {subdir: '${hydra:job.num}'}}",
    ],
    ids=["empty", "list", "no UTF-8", "NUL", "cut", "aliases"],
)
def test_a_record_in_any_other_state_is_refused_by_name(sweep, contents):
    record = sweep() / "multirun.yaml"
    record.write_bytes(contents)
    with pytest.raises(UsageError, match=r"multirun\.yaml: not as Hydra wrote it"):
        saved_arguments(record.parent, [], {})


def test_nothing_of_the_runs_can_be_changed(sweep, conf):
    with pytest.raises(UsageError, match=r"optimizer.lr=1: sweep_resume= keeps the sweep's settings"):
        prepare([f"sweep_resume={sweep()}", "optimizer.lr=1"], conf)


def test_a_folder_with_a_sweep_is_not_claimed_again(sweep, conf):
    folder = sweep()
    with pytest.raises(UsageError, match=r"already holds a sweep; go on by sweep_resume=.*, or name another"):
        prepare(["-m", "task=linear_toy", "seed=0,1", f"hydra.sweep.dir='{folder}'"], conf)
    prepare(["-m", "task=linear_toy", "seed=0,1", f"hydra.sweep.dir='{folder}2'"], conf)


def test_an_unknown_launcher_is_answered_with_those_that_there_are(conf):
    with pytest.raises(UsageError, match=r"hydra/launcher=jobli: no such choice; did you mean 'joblib'"):
        prepare(["-m", "hydra/launcher=jobli", "seed=0,1"], conf)
