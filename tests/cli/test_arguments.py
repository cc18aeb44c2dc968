import zipfile

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st

from lightlab.cli.arguments import prepare, quoted
from lightlab.cli.help import help_text
from lightlab.config.composition import Groups, composed
from lightlab.errors import UsageError

TEXTS = [
    "春",
    "照片 (1).png",
    "two words",
    "a=b",
    "~/x",
    "#",
    "x#y",
    "é",
    "it's",
    'say "hi"',
    "'",
    '"',
    "a\\b",
    "a\\",
    "é\\",
    "é\\\\",
    "é\\'",
    "é'\\",
    "\\'",
    "春,夏",
    "(",
    "a(1)",
]


def parsed(argument):
    return OverridesParser.create().parse_override(argument)


@pytest.fixture
def groups(conf):
    return Groups([conf])


@pytest.mark.parametrize("text", TEXTS)
def test_a_value_needs_no_quoting(text):
    assert parsed(quoted(f"start={text}")).value() == text


@pytest.mark.parametrize(
    "argument",
    ["lr=1e-3", "x=true", "x=null", "x=", "input=[[4.0]]", "x={a: 1}", "x=a,b", "x=range(3)", "x='春'", "~callbacks.x"],
)
def test_what_hydra_understands_is_left_as_it_is(argument):
    assert quoted(argument) == argument


@settings(database=None, deadline=None, max_examples=80, derandomize=True)
@given(st.text(st.one_of(st.sampled_from("'\"\\=,春 ~#()[]{}$:a1"), st.characters(exclude_categories=["Cc", "Cs"]))))
def test_what_is_quoted_comes_back_as_typed(text):
    argument = f"start={text}"
    override = parsed(quoted(argument))
    is_list = text.startswith("[") and text.endswith("]")
    assert quoted(argument) == argument or is_list or override.value() == text


@pytest.mark.parametrize(
    ("typed", "entries"),
    [
        ("[城市]", ["城市"]),
        ("[城市, 建筑面积 (平方米),id,3]", ["城市", "建筑面积 (平方米)", "id", 3]),
        ("[é=1,]", ["é=1", ""]),
    ],
)
def test_entries_of_a_list_need_no_quoting(typed, entries):
    assert parsed(quoted(f"data.drop={typed}")).value() == entries


def test_a_sweep_over_lists():
    sweep = parsed(quoted("data.drop=[城市,面积],[id],价", sweep=True))
    values = [parsed(f"data.drop={each}").value() for each in sweep.sweep_string_iterator()]
    assert values == [["城市", "面积"], ["id"], "价"]


@pytest.mark.parametrize("values", [["春", "夏"], ["two words", "é=1", "plain"], ["~/x", "a'b\\"]])
def test_a_sweep_quotes_each_of_its_values(values):
    sweep = parsed(quoted("start=" + ",".join(values), sweep=True))
    assert [parsed(f"start={each}").value() for each in sweep.sweep_string_iterator()] == values


@pytest.mark.parametrize(
    ("override", "nearest"),
    [
        ("optimizer=adm", "optimizer=adm: no such choice; did you mean 'adam'"),
        ("callbacks=[default,early_stoping]", "callbacks=early_stoping: .* did you mean 'early_stopping'"),
        ("sed=1", "sed: no such key; did you mean 'seed'"),
        ("optimiser=adam", "optimiser: no such key; did you mean 'optimizer'"),
        ("optimizer.lrr=1", "optimizer.lrr: no such key; did you mean 'optimizer.lr'"),
        ("trainer.max_epoch=1", "did you mean 'trainer.max_epochs'"),
        ("data.augment.shft=1", "did you mean 'data.augment.shift'"),
        ("~callbacks.curve", "did you mean 'callbacks.curves'"),
        ("seed.x=1", "seed.x: no such key"),
        ("hydra/launcher=jolib", "hydra/launcher=jolib: no such choice; did you mean 'joblib'"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(groups, override, nearest):
    with pytest.raises(UsageError, match=nearest):
        composed(["task=fashion_lenet", override], groups)


@pytest.mark.parametrize("argument", ["task", "two words", "城市=1", "=3", "optimizer=null", "optimizer=[adam"])
def test_what_is_no_override_is_a_usage_error_and_no_traceback(conf, argument):
    with pytest.raises(UsageError):
        prepare([argument], conf)


def test_a_slip_on_the_command_line_is_one_line_and_leaves_nothing(run_cli, tmp_path):
    done = run_cli("optimizer=adm")
    assert done.returncode == 2
    assert done.stderr.startswith("error: optimizer=adm") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_value_out_of_range_is_refused(conf):
    with pytest.raises(UsageError, match=r"optimizer\.lr=-1"):
        prepare(["optimizer.lr=-1"], conf)


def test_an_unknown_config_dir_is_named(conf):
    with pytest.raises(UsageError, match="--config-dir nowhere: no such folder"):
        prepare(["--config-dir", "nowhere"], conf)


@pytest.fixture
def own_conf(tmp_path):
    folder = tmp_path / "my conf" / "task"
    folder.mkdir(parents=True)
    text = "# @package _global_\ndefaults: [linear_regression, _self_]\nname: mine\nseed: 5\n"
    (folder / "mine.yaml").write_text(text)
    return folder.parent


def test_a_task_of_the_users_own_is_composed(conf, own_conf):
    config = composed(["task=mine"], Groups([conf, own_conf]))
    assert (config["name"], config["seed"], config["data"]["name"]) == ("mine", 5, "line")


def test_a_config_dir_keeps_its_place_on_the_command_line(conf, own_conf):
    command = prepare(["--config-dir", str(own_conf), "task=mine", "seed=7"], conf)
    assert command.argv == ["--config-dir", str(own_conf), "task=mine", "seed=7"]


def test_flags_may_stand_between_overrides(conf):
    argv = prepare(["task=linear_toy", "--cfg", "job", "seed=7"], conf).argv
    assert argv == ["--cfg", "job", "task=linear_toy", "seed=7"]


def test_an_unknown_flag_is_named(conf):
    with pytest.raises(UsageError, match="--cgf: no such option"):
        prepare(["--cgf", "job"], conf)


def test_a_misspelt_task_may_be_the_users_own(conf, own_conf):
    with pytest.raises(UsageError, match="did you mean 'mine'"):
        prepare(["--config-dir", str(own_conf), "task=mien"], conf)


def test_a_value_that_the_command_line_must_give_may_be_referred_to(own_conf, conf):
    (own_conf / "task" / "asks.yaml").write_text(
        "# @package _global_\ndefaults: [linear_toy, _self_]\nrate: ???\noptimizer: {lr: '${rate}'}\n"
    )
    groups = Groups([conf, own_conf])
    assert composed(["task=asks", "rate=0.25"], groups)["optimizer"]["lr"] == 0.25
    with pytest.raises(UsageError, match="rate"):
        composed(["task=asks"], groups)


def test_help_lists_every_group_and_choice(conf):
    text = help_text(conf)
    for group in (
        folder for folder in conf.iterdir() if folder.is_dir() and folder.name not in ("hydra", "local", "schemas")
    ):
        assert f"\n  {group.name} " in text
        assert all(path.stem in text for path in group.glob("*.yaml"))


def test_help_on_a_group_lists_its_keys_with_range_and_meaning(conf):
    assert (
        "data.batch_size\n    a whole number of at least 1, at most 1000000000: rows of a training batch"
        in help_text(conf, ["data"])
    )
    assert help_text(conf, ["optimizer.lr", "seed"]).count("\n    ") == 2
    with pytest.raises(UsageError, match=r"--help optimiser: no such group or key; did you mean 'optimizer'"):
        help_text(conf, ["optimiser"])


def test_nothing_to_resume(conf):
    with pytest.raises(UsageError, match="no run with a checkpoint"):
        prepare(["resume=last"], conf)


@pytest.mark.parametrize("folder", ["nowhere", "照片 (1)", "it's", "a\\b", 'the "first"'])
def test_a_run_to_resume_is_named_as_it_was_typed(conf, folder):
    with pytest.raises(UsageError) as caught:
        prepare([f"resume={folder}"], conf)
    assert str(caught.value).startswith(f"run {folder}: no such folder")


def test_a_run_without_its_record_is_not_resumed(conf, tmp_path):
    checkpoints = tmp_path / "run" / "checkpoints"
    checkpoints.mkdir(parents=True)
    zipfile.ZipFile(checkpoints / "last.ckpt", "w").close()
    with pytest.raises(UsageError, match=r"lacks config\.yaml"):
        prepare(["resume=run"], conf)


def test_a_sweep_resumes_nothing(conf):
    with pytest.raises(UsageError, match="leave out -m"):
        prepare(["-m", "resume=last"], conf)


def test_resume_null_is_a_new_run(conf):
    assert prepare(["resume=null"], conf).resumed is None


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["--cfg"], "-c/--cfg: expected one argument"),
        (["--cfg", "nope"], "-c/--cfg: invalid choice: 'nope'"),
        (["--info", "xyz"], "-i/--info: invalid choice: 'xyz'"),
        (["--resolve"], "--resolve belongs to --cfg job"),
        (["--package", "x"], "--package belongs to --cfg job"),
        (["--cfg", "job", "--info"], "--cfg and --info: one at a time"),
        (["--experimental-rerun", "x"], "--experimental-rerun: no such option"),
        (["--config-dir", ""], "--config-dir: is empty"),
        (["hydra.mode=MULTIRUN"], "hydra.mode: cannot be set here"),
        (["hydra.searchpath=[x]"], "hydra.searchpath: cannot be set here"),
        (["hydra/launcher=3"], "hydra/launcher=3: must be the name of a choice"),
        (["optimizer=null"], "optimizer=None: no such choice"),
        (["seed=???"], "seed: missing"),
        (["seed=${nope}"], "seed: Interpolation key 'nope' not found"),
        (["seed=${"], r"seed: \$\{…\} that cannot be read"),
        (["name=" + "x" * 300], "name=x.*: has 300 characters; at most 200"),
        (["data_dir=~nosuchuser/x"], "data_dir=~nosuchuser/x: this machine knows no home folder of ~nosuchuser"),
        (["data_dir=" + "x" * 300], "data_dir=x.*: has a name of more than 255 bytes"),
        (["data.batch_size=" + "9" * 4000], "data.batch_size=9.* must be a whole number of at least 1, at most"),
        (["fold_repeats=1000000"], "fold_repeats=1000000: must be a whole number of at least 1, at most 1000"),
        (["layers.linear._partial_=3"], "layers.linear._partial_=3: must be one of True, False"),
        (["optimizer._target_=3"], "optimizer._target_=3: must be the dotted path"),
        (["callbacks.progress=5"], "callbacks.progress=5: must be a group of keys"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
)
def test_a_slip_of_any_kind_is_a_usage_error(conf, argv, line):
    with pytest.raises(UsageError, match=line):
        prepare(argv, conf)
