import os

import pytest
import yaml

from lightlab.config.composition import Groups, composed
from lightlab.errors import DataError
from lightlab.runs.records import read_json, read_text, read_yaml, write_yaml

BOMB = "a: &a [1]\n" + "".join(f"{name}: &{name} [*{last}, *{last}]\n" for last, name in ("ab", "bc", "cd", "de"))
DAMAGED = {
    "empty": b"",
    "a list": b"- 1",
    "text": b"x",
    "cut off": b"a: [1",
    "not UTF-8": b"a: \xff",
    "NUL": b"a: \0",
    "aliases": BOMB.encode(),
    "deep": b"a: " + b"[" * 10_000,
    "deep blocks": b"- " * 10_000,
    "a set": b"a: !!set {b}",
    "an object": b"a: !!python/object/apply:os.getcwd []",
    "a long number": b"a: " + b"9" * 5000,
    "a long time": b"a: 1" + b":1" * 1_000_000,
    "a float too large": b"a: 1" + b":1" * 190 + b".5",
    "a list as key": b"? [1]\n: 2",
    "huge": b"a: 1\n" * 1_000_000,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_record_that_is_damaged_is_named(content, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"config\.yaml: (damaged|not UTF-8|larger than 4 MiB)"):
        read_yaml(path, dict)


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 1', "\0", "[" * 100_000, '{"a": ' + "9" * 5000 + "}"])
def test_results_that_are_damaged_are_named(content, tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"metrics\.json: damaged; expected a JSON object"):
        read_json(path)


def test_only_regular_files_are_read_and_none_is_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "device").symlink_to("/dev/zero")
    answers = {"pipe": "not a regular file", "device": "not a regular file", "folder": "Is a directory"}
    for name, answer in {**answers, "none": "No such file"}.items():
        with pytest.raises(DataError, match=f"{name}: .*{answer}"):
            read_text(tmp_path / name)


def test_what_looks_like_a_date_stays_text(tmp_path):
    (tmp_path / "a.yaml").write_text("start: 2020-01-01\nlr: 1e-3\nrate: 1.0e-3\n")
    assert read_yaml(tmp_path / "a.yaml", dict) == {"start": "2020-01-01", "lr": "1e-3", "rate": 0.001}


def test_a_config_is_read_as_it_was_written_and_holds_no_alias(conf, tmp_path):
    config = composed(["task=fashion_lenet"], Groups([conf])) | {"start": "2020-01-01", "again": (sizes := [3, 4])}
    config["twice"] = sizes
    write_yaml(tmp_path / "config.yaml", config)
    text = (tmp_path / "config.yaml").read_text(encoding="utf-8")
    assert read_yaml(tmp_path / "config.yaml", dict) == yaml.safe_load(text) == config
    assert "&id" not in text
