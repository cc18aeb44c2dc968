"""Damage that fits any input: to values, to bytes, to trees of YAML and JSON, and to the files themselves."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

VALUES = [
    "", " ", "null", "true", "-1", "0", "1", "0.5", "1e999", "-1e400", "nan", "inf", "-inf", "1e-400", str(2**31),
    str(2**63),
    "9" * 5000, "0x10", "1_000", "1,5", "１２", "a" * 300, "a" * 5000, "~nosuchuser/x", "../x", "/dev/null",
    "/dev/full",
    "/proc/nonexistent/x", ".", "work\nline", "\x1b[31mred", "=1+1", "${nope}", "${oc.env:HOME}", "${oc.env:NOPE}",
    "${oc.decode:'[1'}", "${hydra:runtime.cwd}", "${now:%Y}", "[", "]", "{a:1}", "{a: {b: 1}}", "[]", "[[[]]]", "{}",
    "[1,2", "1,2,3", "'", '"', "\\", "a'b\"c", "a=b", "--", "-m", "*", "?", "😀", "\u202e", "\udcff", "Ａdam", "None",
    "range(1,3)", "choice(a,b)", "interval(0,1)", "glob(*)", "int(3)", "sort(3,1)", "tag(x,1)", "extend_list(1)",
]  # fmt: skip
TREES: list[Any] = [
    None, True, -1, 0, 2**63, 10**400, 1e300, float("nan"), float("inf"), "", "a", "a" * 5000, [], {}, [[]],
    {"a": {}}, [1, "a"],
    "${nope}", "${oc.env:HOME}", {"_target_": "nope.Nope"}, {1: 2}, b"bytes",
]  # fmt: skip
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
TEXTS = [
    b"", b"\0", b"\xff\xfe", b"[]", b"{}", b"null", b"1", b"- a\n", b"a: b", b"%YAML 9.9\n", b"{", b"\x80\x81",
    b"a: b: c",
    b"[" * 100_000, b"{" * 100_000, BOMB.encode(), b"!!python/object/apply:os.getcwd []", b"\n" * 1000,
    b"x" * 1_000_000,
    "ключ: 值\n".encode("utf-16"), b"a: 1\na: 2\n", b"\x1b]0;title\x07", b"? [a]\n: b\n", b"&a [*a]", b"1e999", b"NaN",
]  # fmt: skip


def value(rng: random.Random) -> str:
    return rng.choice(VALUES)


def damaged(rng: random.Random, data: bytes) -> bytes:
    """Returns the bytes with bits flipped, an end cut off, a part zeroed, repeated, removed or added, or others."""
    size = len(data)
    at, other = sorted((rng.randrange(size + 1), rng.randrange(size + 1)))
    choices: list[Callable[[], bytes]] = [
        lambda: flipped(rng, data),
        lambda: flipped(rng, data, count=rng.randint(2, 40)),
        lambda: data[:at],
        lambda: data[at:],
        lambda: data[:at] + bytes(other - at) + data[other:],
        lambda: data[:other] + data[at:],
        lambda: data[:at] + data[other:],
        lambda: data[:at] + rng.randbytes(rng.randint(1, 64)) + data[at:],
        lambda: data + rng.randbytes(rng.randint(1, 64)),
        lambda: rng.choice(TEXTS),
    ]
    return rng.choice(choices)()


def flipped(rng: random.Random, data: bytes, count: int = 1) -> bytes:
    changed = bytearray(data)
    for _ in range(count if changed else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def damage_file(rng: random.Random, path: Path) -> str:
    """Damages a file, or puts something else in its place; returns what was done."""
    if rng.random() < 0.7:
        path.write_bytes(damaged(rng, path.read_bytes()))
        return f"{path}: other bytes"
    done = rng.choice(list(_REPLACED))
    path.unlink()
    _REPLACED[done](path)
    return f"{path}: {done}"


_REPLACED: dict[str, Callable[[Path], Any]] = {
    "missing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a dangling link": lambda path: path.symlink_to("nowhere"),
    "a pipe": os.mkfifo,
    "/dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "/dev/null": lambda path: path.symlink_to("/dev/null"),
    "empty": lambda path: path.touch(),
    "sparse": lambda path: _sparse(path),
}


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 32)


def damaged_tree(rng: random.Random, tree: Any) -> Any:
    """Returns a tree of dicts and lists with one value replaced, removed, renamed or added."""
    paths = list(_paths(tree))
    *way, last = rng.choice(paths) if paths else [None]
    node = tree
    for step in way:
        node = node[step]
    match rng.randrange(5):
        case 0 if isinstance(node, dict):
            node[rng.choice(["x", "_target_", "resume", "hydra", "${x}", "a.b"])] = rng.choice(TREES)
        case 1 if isinstance(node, (dict, list)) and last is not None:
            del node[last]
        case 2 if isinstance(node, dict) and last is not None:
            node[f"{last}x"] = node.pop(last)
        case 3 if last is not None and isinstance(node[last], (int, float)):
            node[last] = rng.choice([-node[last], node[last] * 10**9, node[last] + 1, str(node[last]), 0])
        case _:
            if last is not None:
                node[last] = rng.choice(TREES)
    return tree


def _paths(tree: Any, way: tuple[Any, ...] = ()) -> Any:
    for key, child in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield (*way, key)
        yield from _paths(child, (*way, key))


def damage_yaml(rng: random.Random, path: Path) -> str:
    """Damages a YAML file by its contents, or by its bytes."""
    if rng.random() < 0.35:
        return damage_file(rng, path)
    tree = damaged_tree(rng, yaml.safe_load(path.read_text(encoding="utf-8")))
    path.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    return f"{path}: another tree"


def damage_json(rng: random.Random, path: Path) -> str:
    if rng.random() < 0.35:
        return damage_file(rng, path)
    tree = damaged_tree(rng, json.loads(path.read_text(encoding="utf-8")))
    path.write_text(json.dumps(tree, default=repr), encoding="utf-8")
    return f"{path}: another tree"
