import shutil
from itertools import zip_longest
from pathlib import Path

import pytest
import yaml

from lightlab.config.composition import Groups, composed
from lightlab.config.schema import check

CONF = Path(__file__).parents[2] / "conf"
FILES = sorted(path.relative_to(CONF).as_posix() for path in CONF.rglob("*.yaml") if path.parent.name != "local")
SEPARATE = ("trainer", "task", "hydra", "local")  # tasks and presets of the trainer have tests of their own
CHOICES = [file.removesuffix(".yaml").split("/") for file in FILES if "/" in file and not file.startswith(SEPARATE)]
OPTIMIZERS = [choice for group, choice in CHOICES if group == "optimizer"]
TASKS = [file.split("/")[1].removesuffix(".yaml") for file in FILES if file.startswith("task/")]


def rows():
    """Rows of one choice a group, which together hold every choice of every group."""
    groups = [[each for each in CHOICES if each[0] == group] for group in dict.fromkeys(each[0] for each in CHOICES)]
    return [list(filter(None, row)) for row in zip_longest(*groups)]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][1])
def test_every_choice_composes(config, row):
    whole = config("task=fashion_lenet", *(f"{group}={choice}" for group, choice in row))
    check(whole)
    for group, choice in row:
        content = yaml.safe_load((CONF / group / f"{choice}.yaml").read_text(encoding="utf-8")) or {}
        if "_target_" in content:
            assert whole[group]["_target_"] == content["_target_"]


@pytest.mark.parametrize("task", TASKS)
def test_without_the_default_callbacks_a_task_leaves_no_half_of_one(config, task):
    settings = config(f"task={task}", "callbacks=none")["callbacks"]
    assert [name for name, callback in settings.items() if "_target_" not in callback] == []


@pytest.mark.parametrize("file", FILES)
def test_every_file_opens_with_a_comment_or_is_one_plain_factory(file):
    text = (CONF / file).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("# @package")]
    content = yaml.safe_load(text)
    plain = isinstance(content, dict) and content.get("_partial_") is True and len(lines) <= 3
    assert plain or lines[0].startswith("# ")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_optimizer_reads_its_own_learning_rate_of_the_task(config, optimizer):
    own = optimizer.removeprefix("scratch_")  # the hand-written one has its counterpart's
    assert config(f"optimizer={optimizer}", f"++learning_rates.{own}=0.123")["optimizer"]["lr"] == 0.123


def test_the_command_line_beats_the_tasks_learning_rate(config):
    assert config("task=fashion_lenet", "optimizer=sgd", "optimizer.lr=0.5")["optimizer"]["lr"] == 0.5


def test_another_optimizer_does_not_inherit_the_tasks_learning_rate(config):
    whole = config("task=digits_mlp", "optimizer=adagrad", "optimizer.weight_decay=0.1")
    assert "adagrad" in whole["learning_rates"] or whole["optimizer"]["lr"] == 0.01
    assert whole["learning_rates"]["sgd"] != whole["optimizer"]["lr"]


def test_the_learning_rate_that_a_task_lists_is_used(config):
    whole = config("task=fashion_lenet", "optimizer=sgd")
    assert whole["optimizer"]["lr"] == whole["learning_rates"]["sgd"]


def test_the_seed_reaches_the_data_also_when_it_is_0(config):
    for seed in (0, 3):
        whole = config(f"seed={seed}")
        check(whole)
        assert whole["data"]["seed"] == whole["seed"] == seed


def test_the_monitor_of_a_task_is_what_its_callbacks_watch(config):
    whole = config("task=fashion_lenet", "callbacks=[default,early_stopping]", "scheduler=plateau")
    watching = [each for each in whole["callbacks"].values() if each.get("monitor")]
    assert len(watching) >= 2
    assert {(each["monitor"], each["mode"]) for each in watching} == {tuple(whole["monitor"].values())}
    assert whole["scheduler"]["mode"] == whole["monitor"]["mode"]


def test_the_command_line_has_the_last_word_over_a_task(config):
    whole = config("task=fashion_lenet", "optimizer=sgd", "scheduler=cosine", "activation=relu")
    assert whole["optimizer"]["_target_"] == "torch.optim.SGD"
    assert whole["scheduler"]["_target_"].endswith(".cosine")
    assert whole["activation"]["_target_"] == "torch.nn.ReLU"


def test_a_machines_own_settings_are_optional(conf, tmp_path):
    copy = tmp_path / "conf"
    shutil.copytree(conf, copy, ignore=shutil.ignore_patterns("local"))
    assert composed([], Groups([copy]))["seed"] == 0
    (copy / "local").mkdir()
    (copy / "local" / "default.yaml").write_text("# @package _global_\nseed: 7\n")
    assert composed([], Groups([copy]))["seed"] == 7


@pytest.mark.parametrize(("name", "key"), [("LIGHTLAB_DATA", "data_dir"), ("LIGHTLAB_CACHE", "cache_dir")])
def test_the_environment_names_folders(conf, monkeypatch, name, key):
    monkeypatch.setenv(name, "/somewhere/else")
    assert composed([], Groups([conf]))[key] == "/somewhere/else"
