import shlex
import sys

import pytest

from lightlab.runs.overrides import canonical, command, defines_configuration, program, read_overrides, unquoted, values


@pytest.mark.parametrize(
    "told", ["data.target='春 天'", "x=a'b", "x=$(rm -rf ~)", "x=`id`", "x=[1,2]", "~callbacks.curves"]
)
def test_the_command_gives_the_shell_what_was_typed(told):
    assert shlex.split(command([told], ["3"])) == ["lightlab", "train", told, "seed=3"]


def test_several_seeds_are_a_sweep():
    assert command(["task=toy", "seed=0"], ["0", "1"]) == "lightlab train -m task=toy seed=0,1"


def test_a_config_folder_of_the_users_own_is_named():
    assert command(["task=mine"], [], "my conf") == "lightlab train --config-dir 'my conf' task=mine"


def test_how_a_run_was_kept_is_not_told_again(tmp_path):
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra" / "overrides.yaml").write_text("[optimizer=adam, hydra.run.dir=x, resume=last]")
    assert read_overrides(tmp_path) == ["optimizer=adam"]


def test_a_resumed_run_is_what_it_was_last_told(tmp_path):
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra" / "overrides.yaml").write_text("[trainer.max_epochs=2]")
    (tmp_path / ".hydra" / "resume-1.yaml").write_text(
        "[trainer.max_epochs=2, trainer.max_epochs=4, 'hydra.run.dir=x']"
    )
    assert values(read_overrides(tmp_path)) == {"trainer.max_epochs": "4"}


@pytest.mark.parametrize(
    ("first", "second", "equal"), [("0.1", "1e-1", True), ("1", "1.0", True), ("adam", "adam", True), ("a", "b", False)]
)
def test_numbers_are_the_same_however_they_are_written(first, second, equal):
    assert (canonical(first) == canonical(second)) is equal


@pytest.mark.parametrize(
    ("text", "value"), [("'a,b'", "a,b"), (r"'it\'s'", "it's"), ('"x"', "x"), ("'", "'"), ("a", "a")]
)
def test_quotes_are_taken_off(text, value):
    assert unquoted(text) == value


def test_seeds_and_how_a_run_is_kept_make_no_difference():
    assert not any(
        map(defines_configuration, ["seed", "folds", "resume", "hydra.sweep.dir", "hydra/launcher", "language"])
    )
    assert all(map(defines_configuration, ["optimizer", "optimizer.lr", "data.seed", "task", "hydration"]))


@pytest.mark.parametrize(
    ("script", "train", "board"),
    [
        ("train.py", "python train.py", "python -m lightlab board"),
        ("/bin/lightlab", "lightlab train", "lightlab board"),
        ("/lib/lightlab/__main__.py", "python -m lightlab train", "python -m lightlab board"),
        ("/lib/ipykernel_launcher.py", "lightlab train", "lightlab board"),
    ],
)
def test_commands_are_called_as_this_process_was(script, train, board, monkeypatch):
    monkeypatch.setattr(sys, "argv", [script])
    assert (program(), program("board")) == (train, board)
