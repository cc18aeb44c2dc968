"""What a refusal leaves: nothing."""

import shutil
import sys
from pathlib import Path

import filelock
import pytest

from lightlab.cli.train import main
from lightlab.config.composition import Groups, hydra_value

CONF = Path(__file__).parents[2] / "conf"
SMALL = ["task=linear_toy", "trainer.max_epochs=2", "logger=csv", "pictures=none", "keep_pages=false", "cache_dir=null"]


def train(*arguments):
    """Runs the command line in this process; returns its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["train.py", *arguments])
        try:
            main(CONF)
        except SystemExit as stop:
            return stop.code
    return 0


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    assert train(*SMALL, f"hydra.run.dir={folder}") == 0
    (folder / "metrics.json").unlink()  # as of a run that was stopped
    return folder


@pytest.fixture
def run(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    return Path("run")


def snapshot(folder):
    paths = [path for path in folder.rglob("*") if path.name != ".lock"]
    return {path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None) for path in paths}


def damage_weights(run):
    for path in run.glob("checkpoints/*.ckpt"):
        content = bytearray(path.read_bytes())
        content[100:2000] = bytes(1900)
        path.write_bytes(content)


def damage_record(run):
    (run / ".hydra" / "overrides.yaml").write_bytes(b"\xff")


REFUSALS = {
    "unknown key": (["optimizer.lrr=1"], None, "optimizer.lrr: no such key"),
    "out of range": (["trainer.max_epochs=0"], None, "trainer.max_epochs=0"),
    "another seed": (["seed=9"], None, "seed cannot change"),
    "another network": (["network=mlp_6_4"], None, "cannot change"),
    "damaged checkpoint": ([], damage_weights, "last.ckpt: "),
    "damaged config": ([], lambda run: (run / "config.yaml").write_text("a: ["), "config.yaml: damaged"),
    "damaged record": (
        [],
        damage_record,
        "overrides.yaml: not UTF-8",
    ),
}


@pytest.mark.parametrize(("typed", "prepare", "answer"), REFUSALS.values(), ids=REFUSALS)
def test_a_refused_resume_changes_nothing(typed, prepare, answer, run, capsys):
    for name in ("error.txt", "traceback.txt"):
        (run / name).write_text("earlier")
    if prepare:
        prepare(run)
    before = snapshot(run)
    assert train(f"resume={run}", *typed) in (1, 2)
    error = capsys.readouterr().err
    assert error.startswith("error: ") and answer in error and error.count("\n") == 1
    assert snapshot(run) == before and not (run / ".lock").exists()


def test_a_run_that_another_process_writes_is_left_alone(run, capsys):
    with filelock.FileLock(run / ".lock"):
        before = snapshot(run)
        assert train(f"resume={run}") == 2
        assert snapshot(run) == before
    assert "run is in use by another process; wait for it or end it" in capsys.readouterr().err


def test_a_run_that_goes_on_has_a_record_and_no_failure(run):
    (run / "error.txt").write_text("earlier")
    assert train(f"resume={run}", "trainer.max_epochs=3") == 0
    assert not (run / "error.txt").exists() and (run / ".hydra" / "resume-1.yaml").is_file()
    assert not (run / ".lock").exists()


def test_a_second_start_into_a_folder_in_use_overwrites_no_record(tmp_path, capsys):
    run = tmp_path / "run"
    (run / ".hydra").mkdir(parents=True)
    with filelock.FileLock(run / ".lock"):
        assert train(*SMALL, "hydra.run.dir=run") == 2
    assert list((run / ".hydra").iterdir()) == [] and "in use" in capsys.readouterr().err


PLACES = ["hydra.run.dir=''", "hydra.run.dir=${nope}", "hydra.run.dir=~nosuchuser/x", "hydra.run.dir=/proc/x"]
PLACES += ["hydra.sweep.dir=''", "hydra.sweep.dir=${nope}", f"hydra.sweep.dir=a/{'x' * 300}", "hydra.sweep.dir=file/x"]


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_is_none_is_one_line(place, tmp_path, capsys):
    (tmp_path / "file").touch()
    sweep = ["-m", "seed=0,1"] if "sweep" in place else []
    assert train(*SMALL, *sweep, place) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("place", ["hydra.run.dir=.", "hydra.job.chdir=true", "hydra.run.dir='named/${name}'"])
def test_places_that_need_a_thought_are_trained_in(place, tmp_path, capsys):
    assert train(*SMALL, place) == 0
    assert len([*tmp_path.rglob("metrics.json")]) == 1 and not [*tmp_path.rglob(".lock")]


def test_two_sweeps_of_one_second_have_folders_of_their_own(monkeypatch):
    monkeypatch.setattr("lightlab.runs.folder.time.strftime", lambda _: "now")
    places = [hydra_value("hydra.sweep.dir", ["task=linear_toy"], Groups([CONF])) for _ in range(2)]
    assert list(map(str, places)) == ["sweeps/linear_toy/now", "sweeps/linear_toy/now-2"]
