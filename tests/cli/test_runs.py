import json
import sys
from io import StringIO

import pytest

from lightlab.cli.runs import main
from lightlab.errors import UsageError


@pytest.fixture(autouse=True)
def folder(write_run, tmp_path):
    for number in range(3):
        write_run(tmp_path / "runs" / "toy" / str(number), "task=toy", scores=(0.1 * number,))
    write_run(tmp_path / "runs" / "other" / "bad", "task=other", state="failed", reason="no")
    return tmp_path / "runs"


@pytest.fixture
def call(monkeypatch, capsys):
    def run(*arguments, typed=None):
        monkeypatch.setattr(sys, "argv", ["lightlab", *arguments])
        if typed is not None:
            monkeypatch.setattr(sys, "stdin", Terminal(typed))
            monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        main()
        return capsys.readouterr().out

    return run


class Terminal(StringIO):
    def isatty(self):
        return True


def left(folder):
    return sorted(path.name for path in folder.glob("*/*"))


def test_the_table_has_a_line_for_each_run(call):
    lines = call().splitlines()
    assert lines[0].split() == ["task", "score", "epochs", "age", "size", "state", "folder"]
    assert len(lines) == 6 and lines[-1].startswith("4 in all, ")
    assert call("--task", "nothing") == "no runs here; train one: lightlab train task=linear_regression\n"


def test_json_has_every_value(call):
    listed = json.loads(call("runs/toy", "--json", "--sort", "score"))
    assert [each["score"] for each in listed] == [0.2, 0.1, 0] and listed[0]["folder"] == "runs/toy/2"


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["remove", "runs/toy/0", "runs/toy/1"], ["2", "bad"]),
        (["prune", "--failed"], ["0", "1", "2"]),
        (["prune", "--older", "1h"], ["0", "1", "2", "bad"]),
        (["prune", "--keep", "0"], []),
        (["prune", "runs/toy", "--keep", "3"], ["0", "1", "2", "bad"]),
        (["prune", "--task", "toy", "--older", "0m"], ["bad"]),
    ],
)
def test_only_what_is_meant_is_removed(call, folder, arguments, kept):
    out = call(*arguments, "--yes")
    assert left(folder) == kept and ("bytes)" in out) == (len(kept) < 4)


def test_pruning_keeps_the_newest_of_each_task(call, folder):
    call("prune", "--keep", "1", "--yes")
    assert len(left(folder)) == 2 and "bad" in left(folder)


@pytest.mark.parametrize(("typed", "is_kept"), [("y\n", False), ("\n", True), ("", True), ("no\n", True)])
def test_a_terminal_is_asked(call, folder, typed, is_kept):
    if is_kept:
        with pytest.raises(UsageError, match="nothing is removed"):
            call("remove", "runs/toy/0", typed=typed)
    else:
        assert "remove it? [y/N]" in call("remove", "runs/toy/0", typed=typed)
    assert ("0" in left(folder)) == is_kept


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["remove", "runs/toy/0"], "nobody can be asked here"),
        (["remove", "runs/toy/0", "runs/toy", "--yes"], "runs/toy: not the folder of a run"),
        (["prune", "--older", "30", "--yes"], "--older 30: must be a number and a unit"),
        (["prune", "--keep", "-1", "--yes"], "--keep -1: must be 0 or more"),
        (["prune", "--yes"], "one of the arguments --keep --older --failed is required"),
        (["nowhere"], "nowhere: no such folder"),
    ],
)
def test_a_refusal_removes_nothing(call, folder, arguments, answer):
    with pytest.raises(UsageError, match=answer):
        call(*arguments)
    assert len(left(folder)) == 4


def test_pruning_passes_over_a_run_with_files_of_the_users(call, folder, capsys):
    (folder / "toy" / "0" / "thesis.tex").write_text("mine")
    call("prune", "--keep", "0", "--yes")
    assert left(folder) == ["0"]
