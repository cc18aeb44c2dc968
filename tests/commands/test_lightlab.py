"""The command lightlab: its subcommands, its help, its completion."""

import json
import sys
from importlib import import_module

import pytest

from lightlab.__main__ import COMMANDS, main


@pytest.fixture
def lightlab(monkeypatch, capsys):
    """Calls the command in this process; returns its exit code, its output and its errors."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["/bin/lightlab", *arguments])
        try:
            main()
        except SystemExit as stop:
            return stop.code, *capsys.readouterr()
        return 0, *capsys.readouterr()

    return call


def test_each_command_is_a_module_with_a_main():
    assert all(callable(import_module(f"lightlab.cli.{name}").main) for name in COMMANDS)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_the_help_names_every_command(lightlab, arguments):
    code, out, _ = lightlab(*arguments)
    assert code == 0 and all(f"\n  {name} " in out for name in COMMANDS)


def test_the_version_is_one_line(lightlab):
    code, out, _ = lightlab("--version")
    assert code == 0 and out.startswith("lightlab ") and out.count("\n") == 1


@pytest.mark.parametrize(("typed", "nearest"), [("trian", "train"), ("Predict", "predict"), ("--versoin", "--version")])
def test_a_misspelt_command_names_the_nearest(lightlab, typed, nearest):
    code, _, error = lightlab(typed)
    assert code == 2 and error.startswith(f"error: {typed}: no such command; did you mean '{nearest}'? commands: train")


@pytest.mark.parametrize("command", ["train", "predict", "report", "figures", "board", "runs", "check"])
def test_the_help_of_a_command_shows_how_it_was_called(lightlab, command):
    code, out, error = lightlab(command, "--help")
    assert code == 0 and f"lightlab {command}" in out and not error


def test_a_run_records_the_command_that_started_it(lightlab, tmp_path):
    quick = ["task=linear_toy", "trainer.max_epochs=1", "logger=csv", "pictures=none", "keep_pages=false"]
    assert lightlab("train", *quick, f"hydra.run.dir={tmp_path / 'run'}")[0] == 0
    record = json.loads((tmp_path / "run" / "environment.json").read_text(encoding="utf-8"))
    assert record["command"][:4] == ["/bin/lightlab", "train", *quick[:2]]


@pytest.mark.parametrize(
    ("line", "completion"),
    [
        ("lightlab ", "train"),
        ("lightlab re", "report"),
        ("lightlab train optimizer=adamw", "optimizer=adamw"),
        ("lightlab predict input=", ""),
    ],
)
def test_the_shell_completes_commands_and_what_train_takes(lightlab, monkeypatch, line, completion):
    monkeypatch.setenv("COMP_LINE", line)
    code, out, _ = lightlab("-sc", "query=bash")
    assert code == 0 and completion in [*out.split(), ""] and (bool(out) == bool(completion))
