import sys
from pathlib import Path

import pytest

from lightlab.config.composition import parsed
from lightlab.config.schema import GROUPS
from lightlab.errors import DataError
from lightlab.runs.trust import BUILT, allowed, check_run_trusted, check_trusted, own_targets

TASKS = sorted(path.stem for path in (Path(__file__).parents[2] / "conf" / "task").glob("*.yaml"))
TRAP = {"_target_": "os.system", "_args_": ["true"]}


@pytest.fixture
def image_task(config):
    return config("task=fashion_lenet")


def refused(config, named, allow=()):
    with pytest.raises(DataError) as caught:
        check_trusted(config, allow, "a.ckpt")
    assert str(caught.value).startswith("a.ckpt: ") and named in str(caught.value)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_of_ours_is_trusted(config, task):
    check_trusted(config(f"task={task}"), [], "a.ckpt")
    check_run_trusted(config(f"task={task}", "logger=tensorboard"), [], "config.yaml", {})


@pytest.mark.parametrize("group", BUILT)
@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.eval",
        "torch.load",
        "torch.hub.load",
        "torch.nn.Module",
        "lightlab",
        "lightlab.data.download.download",
        "lightlab.data.cache.cached",
        "lightlab.data.images.datamodule.read_photo",
        "lightlab.training.fit.torch.load",
        "lightlab.networks.mlp.nn.Linear",
        "lightlab.modules.supervised.torch.load",
        "lightlab.modules.supervised.SGD",
        "lightlab.modules.supervised.LightningModule",
        "lightlab.data.base.LightningDataModule",
        "lightlab.networks.mlp.hidden_layers",
        "lightlab.networks.lenet.nn",
        "lightlab.networks.nowhere.Linear",
        "lightlab.networks.mlp.Nothing",
        "lightlab.callbacks.pictures.Curves",
        "lightlab.networks.mlp.MLP\n",
        " lightlab.networks.mlp.MLP",
        "lightlab.networks..mlp.MLP",
        "${oc.env:HOME}",
        "",
        None,
        {"_target_": "torch.nn.ReLU"},
    ],
)
def test_a_foreign_target_is_refused_in_every_group(image_task, group, target):
    image_task[group]["_target_"] = target
    refused(image_task, group)


@pytest.mark.parametrize("group", BUILT)
@pytest.mark.parametrize(
    "nested",
    [
        TRAP,
        [TRAP],
        [[{"x": TRAP}]],
        {"deep": {"deeper": [1, TRAP]}},
        (TRAP,),
        [(1, (TRAP,))],
        {"_target_": "torch.nn.ReLU", "_args_": [TRAP]},
        {"_target_": "torch.nn.ReLU", "_args_": (TRAP,)},
        {"_target_": "lightlab.modules.classification.SoftmaxClassification"},
        {"_target_": "lightlab.data.download.download"},
        "${oc.env:HOME}",
        ["x ${seed}"],
    ],
)
def test_a_foreign_target_is_refused_however_deep(image_task, group, nested):
    image_task[group]["extra"] = nested
    refused(image_task, group)


@pytest.mark.parametrize("key", ["_args_", "_recursive_", "_convert_"])
def test_hydras_own_keys_hide_no_target(image_task, key):
    image_task["network"][key] = [TRAP]
    refused(image_task, "os.system")


def test_one_groups_target_is_not_trusted_in_another(image_task):
    image_task["network"]["_target_"] = image_task["module"]["_target_"]
    refused(image_task, "network names lightlab.modules")


@pytest.mark.parametrize("group", ["module", "data"])  # a module from outside may do without the others
def test_a_missing_group_is_named(image_task, group):
    del image_task[group]
    refused(image_task, f"lacks {group}")


def test_nothing_is_imported_to_be_judged(image_task):
    sys.modules.pop("this", None)
    image_task["network"]["_target_"] = "this.c"
    refused(image_task, "this.c")
    assert "this" not in sys.modules


def test_the_user_vouches_for_a_package(image_task):
    image_task["network"]["_target_"] = "my_package.nets.Net"
    image_task["network"]["cell"] = {"_target_": "my_package.cells.Cell"}
    check_trusted(image_task, ["other", "my_package"], "a.ckpt")


@pytest.mark.parametrize("allow", [["my"], ["my_package.nets.N"], ["package"], ["my_package2"], [""]])
def test_no_more_than_that_package(image_task, allow):
    image_task["network"]["_target_"] = "my_package.nets.Net"
    refused(image_task, "my_package.nets.Net", allow)


def test_a_file_vouches_for_nothing(image_task):
    image_task["network"]["_target_"] = "my_package.nets.Net"
    refused(image_task | {"allow": ["my_package"]}, "my_package.nets.Net")


def test_a_package_that_is_vouched_for_opens_no_other(image_task, tmp_path, monkeypatch):
    (tmp_path / "my_package.py").write_text("import os\n")
    monkeypatch.syspath_prepend(tmp_path)
    image_task["network"]["_target_"] = "my_package.os.system"
    refused(image_task, "my_package.os.system", ["my_package"])


def test_a_networks_members_may_be_networks_of_ours_alone(config):
    whole = config("task=digits_mlp", "network=ensemble")
    check_trusted(whole, [], "a.ckpt")
    whole["network"]["kinds"][0]["_target_"] = "os.system"
    refused(whole, "os.system")


def test_every_choice_of_a_part_is_trusted(conf):
    named = {group: targets for group, targets in own_targets([conf]).items() if group in GROUPS}
    assert named.keys() == GROUPS.keys()
    for group, targets in named.items():
        entries = {str(index): {"_target_": target} for index, target in enumerate(sorted(targets))}
        nested = {"callbacks": entries, "logger": entries}.get(group, {"nested": list(entries.values())})
        if group not in ("module", "data", "network", "accelerator"):  # whose own classes stand outermost
            check_trusted({group: nested}, [], "config.yaml", (group,))


GADGETS = [
    "os.system",
    "subprocess.run",
    "builtins.exec",
    "pandas.read_pickle",
    "torch.load",
    "torch.save",
    "torch.hub.load",
    "torch.utils.cpp_extension.load_inline",
    "torch.nn.init.torch.load",
    "torch.nn.utils.parametrize.torch.load",
    "joblib.load",
    "numpy.load",
    "numpy.savetxt",
    "logging.config.dictConfig",
    "pathlib.Path.write_text",
    "hydra.utils.call",
    "lightlab.runs.results._git",
    "lightlab.runs.folder.new_run",
    "lightlab.files.whole_file",
    "lightlab.data.download.download",
    "lightlab.callbacks.pictures.save_picture",
    "lightlab.callbacks.logging.Path",
    "lightlab.runs.loggers.TensorBoardLogger",
    "lightlab.training.devices.keep_pages",
    "lightning.pytorch.Trainer",
    "lightning.pytorch.loggers.CSVLogger",
    "lightning.pytorch.callbacks.ModelCheckpoint",
    "optuna.pruners.MedianPruner",
]


@pytest.mark.parametrize("group", GROUPS)
def test_no_gadget_is_trusted_anywhere_in_a_runs_config(image_task, group):
    for target in GADGETS:
        gadget = {"_target_": target, "_partial_": True}
        for place in (gadget, {"x": gadget}, {"x": [gadget]}, {"x": {"_args_": [gadget]}}):
            with pytest.raises(DataError, match=f"its {group} names {target}, which") as caught:
                check_run_trusted(image_task | {group: image_task[group] | place}, [], "config.yaml", {})
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["trainer", "learning_rates", "sweep", "monitor", "name", "anything"])
@pytest.mark.parametrize("value", [TRAP, "${oc.env:HOME}", [{"x": "${new_run:a,b,[]}"}], b"x"])
def test_what_is_no_group_holds_plain_values(image_task, key, value):
    with pytest.raises(DataError, match=f"config.yaml: its {key} holds"):
        check_run_trusted(image_task | {key: value}, [], "config.yaml", {})


def test_a_config_without_end_is_refused(image_task):
    image_task["network"]["x"] = image_task["network"]
    refused(image_task, "too many values")
    bomb = ["x"]
    for _ in range(25):
        bomb = [bomb, bomb]
    image_task["network"]["x"] = bomb
    refused(image_task, "too many values")


@pytest.mark.parametrize("options", [{"dirpath": "elsewhere"}, {"filename": "../x"}, {"dirpath": ""}])
def test_a_callback_writes_into_the_runs_folder_alone(image_task, options):
    image_task["callbacks"]["best"] |= options
    with pytest.raises(DataError, match=r"callbacks\.best names a folder to write to"):
        check_run_trusted(image_task, [], "config.yaml", {})


def test_the_users_own_are_those_of_config_folders_and_command_line(tmp_path):
    (tmp_path / "network").mkdir()
    (tmp_path / "task").mkdir()
    (tmp_path / "network" / "mine.yaml").write_text("_target_: mine.Net\nlayer: {_target_: mine.Layer}\n")
    (tmp_path / "network" / "damaged.yaml").write_text("_target_: [")
    (tmp_path / "task" / "mine.yaml").write_text("# @package _global_\ndata: {_target_: mine.Data, x: '${y}'}\n")
    typed = parsed(["+module.criterion._target_=mine.Loss", "callbacks.x={_target_: mine.Shown}", "allow=[a,b]"])
    assert own_targets([tmp_path], typed) == {
        "network": {"mine.Net", "mine.Layer"},
        "data": {"mine.Data"},
        "module": {"mine.Loss"},
        "callbacks": {"mine.Shown"},
        "allow": set(),
    }
    assert allowed(typed) == ["a", "b"]
    assert allowed(parsed(["seed=1"])) == allowed(parsed(["allow=os"])) == []
