"""Generates JSON schemas for every YAML file and the table of all keys.

``make schema`` writes both; a test holds them equal to the declared keys.
"""

import inspect
import json
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from lightlab.config.keys import TOP, Key
from lightlab.config.schema import CLOSED, GROUPS
from lightlab.config.trainer_keys import SIGNATURE

CONF = Path("conf")
REFERENCE = Path("docs/configuration.md")
_MARK = "# yaml-language-server: $schema="
_INTERPOLATION = {"type": "string", "pattern": r"\$\{"}  # ${…} may stand for any value
_OF_HYDRA = {"_target_", "_partial_", "_args_", "_recursive_", "_convert_", "defaults"}


def schemas(conf: Path) -> dict[str, dict[str, Any]]:
    """Returns a JSON schema for the files of each group, and `config` for those that hold a whole config."""
    choices: dict[str, list[str]] = {}
    for path in sorted(conf.glob("*/*.yaml")):
        choices.setdefault(path.parent.name, []).append(path.stem)
    groups = {group: _object(keys) for group, keys in GROUPS.items()}
    sections = {section: _object(keys, closed=True) for section, keys in CLOSED.items()}
    whole = _object(TOP, closed=True)
    whole["properties"] |= sections | groups | {"hydra": {"type": "object"}}
    whole["properties"]["defaults"] = _defaults(choices)
    groups_of_files = groups | {"trainer": sections["trainer"]}
    documents = {group: schema | {"title": f"conf/{group}"} for group, schema in groups_of_files.items()}
    documents["config"] = whole | {"title": "a whole config: conf/train.yaml, a task, an experiment"}
    return {name: {"$schema": "http://json-schema.org/draft-07/schema#"} | schema for name, schema in documents.items()}


def _object(keys: dict[str, Key], closed: bool = False) -> dict[str, Any]:
    """The schema of a section; a dotted name is a key of an inner section."""
    schema: dict[str, Any] = {"type": ["object", "null"], "properties": {}}
    for name, key in keys.items():
        *path, last = name.split(".")
        level = schema
        for part in path:
            level = level["properties"].setdefault(part, {})
            level.setdefault("properties", {})
        described = {"description": key.meaning, "anyOf": [key.rule.schema(), _INTERPOLATION]}
        level["properties"][last] = described | level["properties"].get(last, {})
    if closed:
        schema["additionalProperties"] = False
        schema["properties"] |= {name: {} for name in sorted(_OF_HYDRA)}
    return schema


def _defaults(choices: dict[str, list[str]]) -> dict[str, Any]:
    """The defaults list, with the choices of each group."""
    named = {
        f"^(override )?(optional )?/?{group}$": {"anyOf": [{"enum": [*names, None]}, {"type": "array"}]}
        for group, names in sorted(choices.items())
        if group != "hydra"
    }
    return {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "object", "patternProperties": named}]}}


def schema_of(path: Path, conf: Path) -> str | None:
    """The name of the schema that a YAML file follows; None for Hydra's own."""
    group = path.relative_to(conf).parts[0]
    if group == "hydra":
        return None
    return (
        group if group in GROUPS | CLOSED and "@package _global_" not in path.read_text(encoding="utf-8") else "config"
    )


def marked(path: Path, conf: Path) -> str:
    """The text of a YAML file with the line by which an editor finds its schema."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(_MARK)]
    name = schema_of(path, conf)
    if name is None:
        return "\n".join([*lines, ""])
    up = "../" * (len(path.relative_to(conf).parts) - 1)
    package = lines[:1] if lines[0].startswith("# @package") else []
    return "\n".join([*package, f"{_MARK}{up}schemas/{name}.json", *lines[len(package) :], ""])


def reference() -> str:
    """The table of all keys as Markdown."""
    lines = [
        "# All keys of the config",
        "",
        "Made by `make schema` from the keys that `src/lightlab/config` declares. Editors that read JSON schemas",
        "complete and explain them in every file of `conf/`. A choice may have further keys, checked by its code.",
    ]
    sections = {"Top level": TOP, **CLOSED, **{group: keys for group, keys in GROUPS.items() if keys}}
    for section, keys in sections.items():
        prefix = "" if keys is TOP else f"{section}."
        lines += ["", f"## {section}", "", "| key | value | meaning |", "|---|---|---|", *_rows(prefix, keys)]
    return "\n".join([*lines, ""])


def _rows(prefix: str, keys: dict[str, Key]) -> Iterator[str]:
    for name, key in keys.items():
        cells = (f"`{prefix}{name}`", str(key.rule), key.meaning)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def files(conf: Path) -> dict[Path, str]:
    """The contents of every file that `make schema` writes."""
    written = {conf / "schemas" / f"{name}.json": _dump(schema) for name, schema in schemas(conf).items()}
    return written | {path: marked(path, conf) for path in sorted(conf.rglob("*.yaml"))}


def _dump(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def trainer_signature() -> str:
    """The arguments of the installed Lightning's Trainer as JSON: the types that a config can hold, and defaults."""
    from lightning.pytorch import Trainer

    signature = {
        name: {"types": sorted(_plain_types(parameter.annotation)), "default": parameter.default}
        for name, parameter in inspect.signature(Trainer).parameters.items()
    }
    return _dump(signature)


def _plain_types(annotation: Any) -> set[str]:
    """Returns the names of an annotation's plain types: ``{"int", "list", "str"}``."""
    origin = get_origin(annotation)
    if origin is Literal:
        return {type(value).__name__ for value in get_args(annotation)}
    if origin in (Union, types.UnionType):
        return set().union(*map(_plain_types, get_args(annotation)))
    return {getattr(origin or annotation, "__name__", "")} & {"bool", "int", "float", "str", "list", "dict", "NoneType"}


def main() -> None:
    SIGNATURE.write_text(trainer_signature(), encoding="utf-8")
    for path, text in {**files(CONF), REFERENCE: reference()}.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
