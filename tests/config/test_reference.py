"""The JSON schemas and the reference agree with the declared keys, and every file of conf/ follows its schema."""

import json
from pathlib import Path

import jsonschema
import pytest
from omegaconf import OmegaConf

from lightlab.config.reference import REFERENCE, files, reference, schema_of

ROOT = Path(__file__).parents[2]
CONF = ROOT / "conf"
YAMLS = sorted(path for path in CONF.rglob("*.yaml") if schema_of(path, CONF))


def test_the_written_files_are_those_that_make_schema_writes():
    stale = [str(path) for path, text in files(CONF).items() if not path.is_file() or path.read_text("utf-8") != text]
    assert not stale, "run make schema"
    assert (ROOT / REFERENCE).read_text("utf-8") == reference(), "run make schema"


@pytest.mark.parametrize("path", YAMLS, ids=[path.relative_to(CONF).as_posix() for path in YAMLS])
def test_every_file_follows_its_schema(path):
    schema = json.loads((CONF / "schemas" / f"{schema_of(path, CONF)}.json").read_text("utf-8"))
    content = OmegaConf.to_container(OmegaConf.load(path))
    problems = jsonschema.Draft7Validator(schema).iter_errors(content)
    assert [f"{'.'.join(map(str, each.path))}: {each.message}" for each in problems] == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("optimizer", {"lr": -1}),
        ("data", {"val_fraction": 2}),
        ("config", {"trainer": {"max_epoch": 3}}),
        ("config", {"optimiser": {}}),
        ("config", {"defaults": [{"override /optimizer": "adm"}]}),
        ("config", {"data": {"batch_size": "many"}}),
    ],
)
def test_an_editor_marks_an_error(name, content):
    schema = json.loads((CONF / "schemas" / f"{name}.json").read_text("utf-8"))
    assert not jsonschema.Draft7Validator(schema).is_valid(content)
