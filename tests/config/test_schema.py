import functools
import math
from pathlib import Path

import pytest
import yaml

from lightlab.config.rules import Number, Whole
from lightlab.config.schema import CLOSED, GROUPS, check
from lightlab.errors import UsageError

CONF = Path(__file__).parents[2] / "conf"
TASKS = sorted(path.stem for path in (CONF / "task").glob("*.yaml"))
KEYS = {f"{group}.{name}": key.rule for group, keys in GROUPS.items() for name, key in keys.items()}
NUMBERS = [key for key, rule in KEYS.items() if isinstance(rule, Number)]
WHOLES = [key for key, rule in KEYS.items() if isinstance(rule, Whole)]


@pytest.fixture
def changed(config):
    """The composed config of an image task with one value changed."""

    def change(key, value):
        whole = config("task=fashion_lenet")
        *path, name = key.split(".")
        level = whole
        for each in path:
            level = level.setdefault(each, {})
        level[name] = value
        return whole

    return change


def refused(config, key):
    with pytest.raises(UsageError) as caught:
        check(config)
    assert key in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", ""),
        ("seed", -1),
        ("seed", 1.0),
        ("seed", 2**32),
        ("data_dir", None),
        ("compile", "yes"),
        ("resume", 3),
        ("monitor.mode", "minimum"),
        ("trainer.max_epochs", 0),
        ("trainer.max_epochs", "ten"),
        ("trainer.max_epochs", -1),
        ("trainer.max_steps", 0),
        ("trainer.check_val_every_n_epoch", 0),
        ("trainer.log_every_n_steps", 0),
        ("trainer.precision", 32),
        ("trainer.precision", "half"),
        ("trainer.gradient_clip_val", 0),
        ("trainer.gradient_clip_algorithm", "both"),
        ("trainer.accumulate_grad_batches", 0),
        ("trainer.limit_train_batches", 0),
        ("trainer.limit_train_batches", 1.5),
        ("trainer.limit_val_batches", -1),
        ("trainer.limit_test_batches", 2.5),
        ("trainer.deterministic", 1),
        ("trainer.detect_anomaly", None),
        ("trainer.profiler", "fast"),
        ("learning_rates.sgd", 0),
        ("learning_rates.adam", "fast"),
        ("learning_rates", None),
        ("learning_rates", 5),
        ("optimizer.lr", 0),
        ("optimizer.lr", -0.1),
        ("optimizer.lr", None),
        pytest.param("optimizer.lr", 10**400, id="optimizer.lr-too long for a float"),
        ("optimizer.momentum", 1),
        ("optimizer.momentum", -0.1),
        ("optimizer.weight_decay", -1e-4),
        ("optimizer.betas", 0.9),
        ("optimizer.betas", [0.9, 1.0]),
        ("optimizer.betas", [0.9]),
        ("optimizer.betas", [0.9, math.nan]),
        ("optimizer.nesterov", "true"),
        ("scheduler.step_size", 0),
        ("scheduler.milestones", [5, 0]),
        ("scheduler.milestones", 5),
        ("scheduler.gamma", 0),
        ("scheduler.factor", 1),
        ("scheduler.patience", -1),
        ("scheduler.final_fraction", 1.1),
        ("scheduler.warmup", -0.1),
        ("scheduler.pct_start", 0),
        ("scheduler.pct_start", 1),
        ("scheduler.div_factor", 0),
        ("scheduler.base_momentum", 1),
        ("initializer.bias", "zero"),
        ("network.hidden", [10, 0]),
        ("network.hidden", [10.5]),
        ("network.channels", [True, 6]),
        ("network.channels", [6, 0]),
        ("network.blocks", 0),
        ("network.dropout", 1),
        ("network.batch_norm", 1),
        ("data.batch_size", 0),
        ("data.eval_batch_size", 0),
        ("data.source", "web"),
        ("data.val_fraction", 1),
        ("data.val_fraction", -0.1),
        ("data.train_size", 1),
        ("data.scale", "standardize"),
        ("data.invert", 1),
        ("data.augment.shift", -1),
        ("data.augment.flip", 0.5),
        ("data.augment.cut_out", -1),
        ("data.rows", 1),
        ("data.noise", -1),
        ("module.threshold", 0),
        ("module.threshold", 1),
        ("module.criterion.reduction", "none"),
        ("module.criterion.label_smoothing", 1.5),
        ("accelerator.name", "tpu"),
        ("accelerator.memory_format", "last"),
    ],
)
def test_a_bad_value_is_refused_by_its_full_name(changed, key, value):
    refused(changed(key, value), key)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", 0),
        ("cache_dir", None),
        ("cache_dir", "照片"),
        ("trainer.max_steps", -1),
        ("trainer.max_steps", 1),
        ("trainer.gradient_clip_val", 1),
        ("trainer.limit_train_batches", 5),
        ("trainer.limit_train_batches", 0.1),
        ("trainer.limit_val_batches", 0),
        ("trainer.limit_val_batches", 1.0),
        ("trainer.profiler", None),
        ("learning_rates", {}),
        ("optimizer.lr", 1),
        ("optimizer.momentum", 0),
        ("optimizer.betas", [0.0, 0.999]),
        ("scheduler.warmup", 1),
        ("scheduler.milestones", []),
        ("initializer.bias", None),
        ("initializer.bias", -1),
        ("network.hidden", []),
        ("data.train_size", None),
        ("data.val_fraction", 0),
        ("data.invert", False),
        ("data.invert", "auto"),
        ("data.augment", None),
    ],
)
def test_a_good_value_passes(changed, key, value):
    check(changed(key, value))


@pytest.mark.parametrize("key", [*NUMBERS, "learning_rates.sgd", "trainer.gradient_clip_val"])
def test_a_number_is_finite_and_no_switch_and_no_text(changed, key):
    for value in (math.nan, math.inf, -math.inf, True, "1"):
        refused(changed(key, value), key)


@pytest.mark.parametrize("key", [*WHOLES, "seed", "trainer.max_epochs"])
def test_a_whole_number_is_neither_a_switch_nor_a_fraction(changed, key):
    for value in (True, 1.5, 2.0, math.nan, "2", [2]):
        refused(changed(key, value), key)


def test_the_message_gives_the_value_and_what_is_allowed(changed):
    with pytest.raises(UsageError, match=r"^network\.dropout=1\.5: must be a number of at least 0 and below 1$"):
        check(changed("network.dropout", 1.5))
    with pytest.raises(UsageError, match=r"=0: must be a number above 0, or null$"):
        check(changed("trainer.gradient_clip_val", 0))


@pytest.mark.parametrize("key", ["seed", "trainer.max_epochs", "trainer.precision", "monitor.mode", "network", "data"])
def test_a_missing_key_is_named(config, key):
    whole = config("task=fashion_lenet")
    *path, name = key.split(".")
    del (whole[path[0]] if path else whole)[name]
    with pytest.raises(UsageError, match=f"^{key}: missing"):
        check(whole)


@pytest.mark.parametrize(
    ("key", "nearest"), [("sead", "seed"), ("trainer.max_epoch", "max_epochs"), ("monitor.nam", "name")]
)
def test_an_unknown_key_is_answered_with_the_nearest(changed, key, nearest):
    with pytest.raises(UsageError, match=f"^{key}: no such key; did you mean '{nearest}'"):
        check(changed(key, 1))


@pytest.mark.parametrize("section", CLOSED)
@pytest.mark.parametrize("value", [None, 5, [1]])
def test_a_section_is_a_group_of_keys(changed, section, value):
    refused(changed(section, value), section)


@functools.cache
def choices(group):
    files = [*(CONF / group).glob("*.yaml"), *CONF.glob("data/*.yaml")]  # a file of a surface sets the module's too
    return [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]


def has(content, path):
    for name in path:
        if not isinstance(content, dict) or name not in content:
            return False
        content = content[name]
    return True


@pytest.mark.parametrize("key", KEYS)
def test_each_declared_key_stands_in_a_file_of_its_group(key):
    group, *path = key.split(".")
    assert any(has(content, path) or has(content, [group, *path]) for content in choices(group))


@pytest.mark.parametrize("task", TASKS)
def test_every_task_composes_and_passes(config, task):
    whole = config(f"task={task}")
    check(whole)
    assert whole["name"] == task


def test_fused_adam_does_not_clip_half_precision_gradients(config):
    mixed = config("task=fashion_lenet", "trainer.precision=16-mixed", "trainer.gradient_clip_val=1")
    with pytest.raises(UsageError, match=r"set optimizer\.fused=false"):
        check(mixed)
    check(
        config(
            "task=fashion_lenet", "trainer.precision=16-mixed", "trainer.gradient_clip_val=1", "optimizer.fused=false"
        )
    )


@pytest.mark.parametrize("x", [[1, 2], [[1, 2], [3, 4]]])
def test_points_have_one_input_or_several(changed, x):
    check(changed("data.x", x))


def test_points_are_numbers(changed):
    refused(changed("data.x", [["one"]]), "data.x=")
