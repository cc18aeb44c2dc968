"""Checks the YAML files of a --config-dir before Hydra reads them, which names neither file nor line."""

import re
from pathlib import Path

import yaml

from lightlab.errors import UsageError, one_line

_LARGEST = 1_000_000  # bytes
_MOST_NODES = 100_000  # with every alias (*name) written out


def check_files(folder: Path) -> None:
    """Refuses a file that is no YAML mapping, or that grows beyond measure when its aliases are written out.

    Raises:
        UsageError: names the file, and the line where there is one.
    """
    for path in sorted(folder.glob("*/*.yaml")):
        if problem := _problem(path):
            raise UsageError(f"--config-dir: {path}: {problem}")


def _problem(path: Path) -> str | None:
    try:
        if path.stat().st_size > _LARGEST:
            return f"is larger than {_LARGEST} bytes"
        text = path.read_text(encoding="utf-8")
        if re.search(r"\d{4300}", text):
            return "holds a number of too many digits"
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        if root is not None and not isinstance(root, yaml.MappingNode):
            return "must be a mapping (key: value)"
        if root is not None and _size(root, {}) > _MOST_NODES:
            return f"its aliases (*name) stand for more than {_MOST_NODES} values"
    except OSError as error:
        return error.strerror or one_line(error)
    except UnicodeDecodeError as error:
        return f"is not UTF-8 (byte {error.start + 1})"
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        return f"{line}{error.problem}"
    except yaml.YAMLError as error:
        return one_line(error, 120)
    except RecursionError:
        return "is nested too deeply, or an alias (*name) contains itself"
    return None


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """The number of nodes with aliases written out; `known` keeps those that have been counted."""
    if id(node) not in known:
        inner = [each for pair in node.value for each in pair] if isinstance(node, yaml.MappingNode) else node.value
        inner = [] if isinstance(node, yaml.ScalarNode) else inner
        known[id(node)] = 1 + sum(_size(each, known) for each in inner)
    return known[id(node)]
