import json
import re
from pathlib import Path

import pytest

from lightlab.cli.arguments import prepare
from lightlab.config.composition import Groups, composed, flatten
from lightlab.config.explanation import explanation
from lightlab.errors import UsageError

TASKS = sorted(path.stem for path in (Path(__file__).parents[2] / "conf" / "task").glob("*.yaml"))


@pytest.fixture
def explained(conf, monkeypatch):
    """Who set each value: ``explained("task=surface")["optimizer.lr"] == ("0.01", "conf/data/valley.yaml (…)")``."""

    monkeypatch.delenv("LIGHTLAB_CACHE")

    def rows(*overrides):
        lines = explanation(overrides, [conf]).partition("\nvalue")[2].splitlines()[1:]
        cells = [re.split(r"\s{2,}", line) for line in lines if line]
        return {name: (value, source) for name, value, source in cells}

    return rows


@pytest.mark.parametrize("task", TASKS)
def test_every_value_of_a_task_is_shown_as_composed_with_a_file_that_has_its_name(conf, explained, task):
    shown = explained(f"task={task}")
    values = {".".join(path): value for path, value in flatten(composed([f"task={task}"], Groups([conf]))).items()}
    assert shown.keys() == values.keys()
    for name, value in values.items():
        text, source = shown[name]
        wanted = value if isinstance(value, str) and value.strip() else json.dumps(value, ensure_ascii=False)
        assert " ".join(wanted.split()).startswith(" ".join(text.rstrip("…").split()))
        file = conf.parent / re.match(r"[\w/.]+\.yaml", source)[0]
        key = source.partition(" (")[2].rstrip(")") or name
        assert re.search(rf"\b{key.split('.')[-1]}\b", file.read_text(encoding="utf-8"))


def test_a_learning_rate_is_followed_to_the_task_that_lists_it(explained):
    shown = explained("task=fashion_lenet_course", "optimizer=adam")
    assert shown["optimizer.lr"] == ("0.01", "conf/task/fashion_lenet_course.yaml (learning_rates.adam)")
    assert explained("task=surface")["optimizer.lr"][1] == "conf/task/surface.yaml (learning_rates.sgd)"
    assert explained("task=surface", "~learning_rates")["optimizer.lr"] == ("0.1", "conf/optimizer/sgd.yaml")


def test_the_last_to_set_a_value_is_named(explained):
    shown = explained("task=digits_mlp_course", "seed=3", "trainer.max_epochs=2", "data.augment.flip=true")
    assert shown["seed"] == ("3", "command line")
    assert shown["data.seed"] == ("3", "command line (seed)")
    assert shown["trainer.max_epochs"] == ("2", "command line")
    assert shown["data.augment.shift"] == ("0", "conf/task/digits_mlp_course.yaml")
    assert shown["data.batch_size"] == ("100", "conf/task/digits_mlp.yaml")


def test_an_environment_variable_is_named(explained, monkeypatch):
    monkeypatch.setenv("LIGHTLAB_DATA", "/somewhere")
    assert explained()["data_dir"] == ("/somewhere", "environment (LIGHTLAB_DATA)")


def test_who_chose_a_part_is_said(conf):
    parts = explanation(["task=fashion_lenet_course", "optimizer=adam"], [conf]).partition("\nvalue")[0]
    assert re.search(r"\noptimizer +adam +command line\n", parts)
    assert re.search(r"\nscheduler +none +conf/task/fashion_lenet_course.yaml\n", parts)
    assert re.search(r"\nactivation +sigmoid +conf/task/fashion_lenet.yaml\n", parts)
    assert re.search(r"\ngradient +autograd +conf/train.yaml\n", parts)


def test_a_users_own_file_is_named(conf, tmp_path):
    (tmp_path / "my_conf" / "task").mkdir(parents=True)
    file = tmp_path / "my_conf" / "task" / "mine.yaml"
    file.write_text("# @package _global_\ndefaults: [fashion_lenet, _self_]\nname: mine\ntrainer: {max_epochs: 3}\n")
    command = prepare(["--config-dir", "my_conf", "task=mine", "explain=true"], conf)
    assert re.search(r"\ntrainer.max_epochs +3 +my_conf/task/mine.yaml\n", command.explanation)


def test_nothing_is_run(run_cli, tmp_path):
    done = run_cli("task=linear_toy", "explain=true")
    assert done.returncode == 0 and "trainer.max_epochs" in done.stdout and list(tmp_path.iterdir()) == []


def test_a_sweep_is_refused(conf):
    with pytest.raises(UsageError, match="leave out -m"):
        prepare(["-m", "task=digits_mlp", "seed=0,1", "explain=true"], conf)
