"""The records in a run's folder, whose files may be in any state: read bounded, as plain values, from regular files."""

import json
import os
import stat
from pathlib import Path
from typing import Any, TypeVar

import yaml

from lightlab.errors import DataError
from lightlab.files import write_text

MOST_BYTES = 4 * 2**20
LARGEST_TABLE = 256 * 2**20  # metrics.csv of 100,000 epochs
DEEPEST = 100
LONGEST_NUMBER = 200  # characters; longer ones need not fit into a float

Kind = TypeVar("Kind", dict[str, Any], list[str])


def read_text(path: Path, limit: int = MOST_BYTES, errors: str = "strict") -> str:
    """Returns a file's text; never waits for a pipe or a device.

    Args:
        limit: in bytes.
        errors: what to do with bytes that are not UTF-8, as `bytes.decode` takes it.

    Raises:
        DataError: names the file and what is wrong with it.
    """
    try:
        with open(path, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DataError(f"{path}: not a regular file")
            content = file.read(limit + 1)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > limit:
        raise DataError(f"{path}: larger than {limit / 2**20:.3g} MiB, so not a run's file")
    try:
        return content.decode(errors=errors)
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8") from None


def read_yaml(path: Path, kind: type[Kind]) -> Kind:
    """Returns the list of texts or the mapping in a YAML file, as plain values; what looks like a date stays text.

    Raises:
        DataError: the file cannot be read, or holds aliases, tags, or something else than a `kind`.
    """
    text = read_text(path)
    try:
        _check_plain(text)
        contents = yaml.load(text, _Loader)
    except (ValueError, OverflowError, RecursionError, yaml.YAMLError):
        contents = None
    if isinstance(contents, list) and not all(isinstance(text, str) for text in contents):
        contents = None
    if not isinstance(contents, kind):
        form = "list of texts" if kind is list else "mapping of plain values"
        raise DataError(f"{path}: damaged; expected a YAML {form}")
    return contents


def read_json(path: Path) -> dict[str, Any]:
    """Returns the object in a JSON file.

    Raises:
        DataError: the file cannot be read, or holds something else.
    """
    text = read_text(path)
    try:
        contents = json.loads(text, parse_int=_int)
    except (ValueError, RecursionError):
        contents = None
    if not isinstance(contents, dict):
        raise DataError(f"{path}: damaged; expected a JSON object")
    return contents


def write_yaml(path: Path, contents: dict[str, Any] | list[str]) -> None:
    """Writes plain values so that `read_yaml` accepts them: a list that stands twice is written out twice."""
    write_text(path, yaml.dump(contents, Dumper=_Dumper, sort_keys=False, allow_unicode=True))


def _int(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError
    return int(text)


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times faster


class _Loader(_SafeLoader):
    """Reads plain values alone: dates stay text, and a number is no longer than `LONGEST_NUMBER`."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # as PyYAML declares it
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        if len(node.value) > LONGEST_NUMBER:  # 1:0:0:0… is quadratic in its length
            raise ValueError
        return self.construct_yaml_int(node) if node.tag.endswith(":int") else self.construct_yaml_float(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_number)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_number)


def _check_plain(text: str) -> None:
    """Refuses aliases, which expand without bound, tags, and deep nesting, on which the loader recurses."""
    depth = 0
    for event in yaml.parse(text, _SafeLoader):
        tagged = isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag not in (None, "!")
        if tagged or getattr(event, "anchor", None):
            raise ValueError
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError
