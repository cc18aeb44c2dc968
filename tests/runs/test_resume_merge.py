import zipfile
from pathlib import Path

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st

from lightlab.cli.arguments import prepare
from lightlab.config.composition import Groups, composed, flatten, unflatten
from lightlab.errors import LightlabError, UsageError
from lightlab.runs.resume import merge_saved

KEYS = st.text("abc", min_size=1, max_size=2)
CONFIGS = st.recursive(
    st.one_of(st.integers(), st.none(), st.lists(st.integers(), max_size=2)),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@settings(database=None, deadline=None, max_examples=60, derandomize=True)
@given(st.dictionaries(KEYS, CONFIGS, max_size=3))
def test_unflatten_undoes_flatten(config):
    assert unflatten(flatten(config)) == config


def test_leaves_by_path_and_an_empty_group_is_one():
    assert flatten({"a": {"b": 1, "c": {}}, "d": [1]}) == {("a", "b"): 1, ("a", "c"): {}, ("d",): [1]}


@pytest.fixture
def merge(tmp_path):
    def merge(saved, then, now):
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(saved, allow_unicode=True), encoding="utf-8")
        return merge_saved(tmp_path, then, now, ["seed=1"])

    return merge


@pytest.mark.parametrize(
    ("saved", "then", "now", "merged"),
    [
        ({"a": 1}, {"a": 1}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": 3}, {"a": 3}, {"a": 1}),
        ({"a": 1}, {"a": 3}, {"a": 2}, {"a": 2}),
        ({"a": 1, "b": 1}, {"a": 1}, {"a": 1}, {"a": 1, "b": 1}),
        ({"a": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 1}),
        ({"a": 1}, {"a": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 1}),
        ({"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 1}, {"a": 1}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "z": 3}}, {"a": {"x": 1, "z": 3}}),
        ({"a": {"x": 1}}, {"a": {"x": 1}}, {"a": {}}, {"a": {}}),
        ({"a": {}}, {"a": {}}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": None}, {"a": None}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": {"x": 1}}, {"a": {"x": 1}}, {"a": None}, {"a": None}),
        ({"a": [1, 2]}, {"a": [1, 2]}, {"a": [1]}, {"a": [1]}),
        ({"a": 1}, {"a": 1}, {"a": 1.0}, {"a": 1.0}),  # of batches: one, and all
    ],
)
def test_what_is_typed_now_beats_what_was_saved_and_that_beats_conf(merge, tmp_path, saved, then, now, merged):
    config = merge(saved, then, now).config
    assert config == {**merged, "resume": str(tmp_path)}
    assert {key: type(value) for key, value in config.items()} == {
        **{key: type(value) for key, value in merged.items()},
        "resume": str,
    }


def test_new_keys_keep_the_order_in_which_they_are_composed(merge):
    names = [f"callback_{index}" for index in range(20)]
    merged = merge({"callbacks": {}}, {"callbacks": {}}, {"callbacks": dict.fromkeys(names, 1)})
    assert list(merged.config["callbacks"]) == names


def test_each_change_of_conf_is_one_line(merge):
    changes = merge({"a": {"x": 1}, "b": 1}, {"a": {"x": 2}, "c": 3}, {"a": {"x": 2}, "c": 3}).conf_changes
    assert changes == ["a.x was 1, is now 2", "b was 1, is now absent", "c was absent, is now 3"]


@pytest.mark.parametrize("name", ["run", "照片 (1)", "it's", "a=b,c", "back\\", "both\\'"])
def test_hydra_is_told_to_write_into_the_runs_folder(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "config.yaml").write_text("{}")
    told = OverridesParser.create().parse_overrides(merge_saved(folder, {}, {}, []).overrides)
    values = {override.key_or_group: override.value() for override in told}
    assert values == {"hydra.run.dir": str(folder), "hydra.output_subdir": None}


@pytest.fixture
def run(tmp_path, conf):
    """The folder of a run that was started with trainer.max_epochs=5."""
    folder = tmp_path / "run"
    (folder / ".hydra").mkdir(parents=True)
    (folder / "checkpoints").mkdir()
    zipfile.ZipFile(folder / "checkpoints" / "last.ckpt", "w").close()
    overrides = ["task=linear_toy", "trainer.max_epochs=5"]
    (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(overrides))
    save(folder, composed(overrides, Groups([conf])))
    return folder


def save(folder: Path, config) -> None:
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def go_on(resumed):
    """What a resumed run writes before it trains."""
    resumed.announce()
    resumed.record()
    save(resumed.folder, resumed.config)


def test_a_run_goes_on_as_it_was_started(run, conf):
    resumed = prepare(["resume=run"], conf).resumed
    assert resumed.config == yaml.safe_load((run / "config.yaml").read_text()) | {"resume": "run"}
    assert resumed.conf_changes == []


def test_a_config_that_lacks_a_part_is_named(run, conf):
    saved = yaml.safe_load((run / "config.yaml").read_text())
    save(run, {key: saved[key] for key in saved if key != "module"})
    with pytest.raises(LightlabError, match=r"run/config\.yaml: its config lacks module"):
        prepare(["resume=run"], conf)


@pytest.mark.parametrize("damage", ["a: [1", "- 1", ""])
def test_a_damaged_config_is_named(run, conf, damage):
    (run / "config.yaml").write_text(damage)
    with pytest.raises(UsageError, match=r"config\.yaml: damaged; expected a YAML mapping"):
        prepare(["resume=run"], conf)


@pytest.mark.parametrize("record", ["task: linear_toy\n", "- 1\n", "- [task=linear_toy]\n"])
def test_a_record_that_is_no_list_of_texts_is_named(record, run, conf):
    (run / ".hydra" / "overrides.yaml").write_text(record)
    with pytest.raises(UsageError, match=r"overrides\.yaml: damaged; expected a YAML list"):
        prepare(["resume=run"], conf)


def test_what_is_typed_now_changes_a_resumed_run(run, conf):
    config = prepare(["resume=run", "trainer.max_epochs=40", "optimizer=adam"], conf).resumed.config
    assert (config["name"], config["trainer"]["max_epochs"]) == ("linear_toy", 40)
    assert config["optimizer"]["_target_"] == "torch.optim.Adam" and "momentum" not in config["optimizer"]


def test_a_run_keeps_its_values_where_conf_has_changed_and_says_so(run, conf, capsys):
    saved = yaml.safe_load((run / "config.yaml").read_text())
    saved["optimizer"]["momentum"] = 0.5
    save(run, saved)
    resumed = prepare(["resume=run"], conf).resumed
    assert resumed.config["optimizer"]["momentum"] == 0.5
    go_on(resumed)
    assert "optimizer.momentum was 0.5, is now 0.0" in capsys.readouterr().err


def test_a_second_resume_knows_what_the_first_one_changed(run, conf):
    first = prepare(["resume=run", "trainer.max_epochs=40"], conf).resumed
    go_on(first)
    second = prepare(["resume=run"], conf).resumed
    assert second.config["trainer"]["max_epochs"] == 40
    assert second.conf_changes == []
    assert prepare(["resume=run", "trainer.max_epochs=5"], conf).resumed.config["trainer"]["max_epochs"] == 5


def test_the_record_of_the_start_is_never_overwritten(run, conf):
    before = (run / ".hydra" / "overrides.yaml").read_text()
    for _ in range(2):
        go_on(prepare(["resume=run", "seed=1"], conf).resumed)
    names = sorted(path.name for path in (run / ".hydra").iterdir())
    assert names == ["overrides.yaml", "resume-1.yaml", "resume-2.yaml"]
    assert (run / ".hydra" / "overrides.yaml").read_text() == before
    assert "seed=1" in yaml.safe_load((run / ".hydra" / "resume-1.yaml").read_text())


def test_a_resume_that_is_refused_leaves_no_record(run, conf):
    with pytest.raises(UsageError, match=r"trainer\.max_epochs=0"):
        prepare(["resume=run", "trainer.max_epochs=0"], conf)
    prepare(["resume=run"], conf)
    assert [path.name for path in (run / ".hydra").iterdir()] == ["overrides.yaml"]


def test_a_key_that_an_older_version_lacked_has_todays_value(run, conf):
    saved = yaml.safe_load((run / "config.yaml").read_text())
    values = saved.pop("checkpoint_every"), saved["trainer"].pop("deterministic")
    save(run, saved)
    resumed = prepare(["resume=run"], conf).resumed.config
    assert (resumed["checkpoint_every"], resumed["trainer"]["deterministic"]) == values
