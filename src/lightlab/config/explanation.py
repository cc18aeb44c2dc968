"""Where each value of a config came from: `python train.py explain=true …` shows it and runs nothing."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.default_element import ResultDefault
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import OmegaConf

from lightlab.config.composition import HYDRA_DEFAULTS, flatten

TYPED = "command line"
Row = tuple[str, str, str]
Key = tuple[str, ...]
Sources = dict[Key, tuple[str, Any]]
_BLANK = ("", "", "")
_WIDEST = 44


def explanation(overrides: Sequence[str], folders: Sequence[Path]) -> str:
    """Returns one row per group and config value: name, value, source.

    Args:
        overrides: of one run, as Hydra takes them, with `hydra.searchpath` where there is more than one folder.
        folders: `conf`, and a user's own.
    """
    with initialize_config_dir(str(folders[0].resolve()), **HYDRA_DEFAULTS):
        chosen = GlobalHydra.instance().config_loader().compute_defaults_list("train", list(overrides), RunMode.RUN)
        composed = compose("train", overrides=list(overrides))
    defaults = [default for default in chosen.defaults if not (default.config_path or "hydra/").startswith("hydra/")]
    config = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(config, dict)
    sources = _sources(defaults, chosen.overrides.config_overrides, folders)
    parts = sorted(_parts(defaults, chosen.overrides.override_metadata, folders), key=lambda row: row[0] != "task")
    values = _values({str(key): value for key, value in config.items()}, sources)
    return _aligned([("part", "choice", "chosen by"), *parts, _BLANK, ("value", "", "set by"), *values])


def _parts(defaults: Iterable[ResultDefault], overridden: dict[str, Any], folders: Sequence[Path]) -> Iterator[Row]:
    for default in defaults:
        group, _, choice = str(default.config_path).rpartition("/")
        if not group or str(default.parent).rpartition("/")[0] == group:  # what a choice inherits is no choice
            continue
        by = overridden.get(group)
        typed = by is not None and by.external_override
        file = (by.containing_config_path if by else None) or str(default.parent)
        yield group, choice, TYPED if typed else _shown(_path(file, folders))


def _values(config: dict[str, Any], sources: Sources) -> Iterator[Row]:
    section = ""
    for path, value in flatten(config).items():
        if path[0] != section and len(path) > 1:
            yield _BLANK
            section = path[0]
        plain = isinstance(value, str) and value.isprintable() and value.strip() == value != ""
        text = value if plain else json.dumps(value, ensure_ascii=False)
        yield ".".join(path), text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…", _set_by(path, sources)


def _sources(defaults: Iterable[ResultDefault], typed: Iterable[Override], folders: Sequence[Path]) -> Sources:
    """Returns each key's last source and its unresolved value."""
    sources: Sources = {}
    for default in defaults:
        file = _path(str(default.config_path), folders)
        content = OmegaConf.to_container(OmegaConf.load(file)) or {}
        assert isinstance(content, dict)
        above = tuple(filter(None, (default.package or "").split(".")))
        _put(sources, above, {str(key): value for key, value in content.items() if key != "defaults"}, _shown(file))
    for override in typed:
        path = tuple(override.key_or_group.split("."))
        if override.is_delete():
            _forget(sources, path)
        else:
            value = override.value()
            _put(sources, path, OmegaConf.to_container(OmegaConf.create({"v": value}))["v"], TYPED)  # type: ignore[call-overload,index]
    return sources


def _put(sources: Sources, above: Key, value: Any, source: str) -> None:
    leaves = flatten(value, above) if isinstance(value, dict) and value else {above: value}
    for path, leaf in leaves.items():
        if leaf == {} and any(key[: len(path)] == path for key in sources):
            continue  # an empty group removes no existing keys
        _forget(sources, path)
        for depth in range(1, len(path)):
            sources.pop(path[:depth], None)  # an empty group that is filled now
        sources[path] = (source, leaf)


def _forget(sources: Sources, path: Key) -> None:
    for key in [key for key in sources if key[: len(path)] == path]:
        del sources[key]


def _set_by(path: Key, sources: Sources) -> str:
    """``FILE``, or ``FILE (KEY)`` where the value is another key's."""
    source, value = sources[path]
    text = str(value)
    if not isinstance(value, str) or not (text.startswith("${") and text.endswith("}")):
        parts = [f", {name}: {_set_by(_key(name), sources)}" for name in _references(text) if _key(name) in sources]
        return source + "".join(dict.fromkeys(parts))
    variable = re.match(r"\$\{oc\.env:(\w+)", text)
    if variable and variable[1] in os.environ:
        return f"environment ({variable[1]})"
    name = next((name for name in _references(text) if _key(name) in sources), None)
    if name is None:
        return source
    followed = _set_by(_key(name), sources)
    return followed if followed.endswith(")") else f"{followed} ({name})"


def _references(text: str) -> list[str]:
    return re.findall(r"\$\{(?:oc\.select:)?([\w.]+)[,}]", text)


def _key(name: str) -> Key:
    return tuple(name.split("."))


def _path(config_path: str, folders: Sequence[Path]) -> Path:
    files = [folder / f"{config_path}.yaml" for folder in folders]
    return next((file for file in files if file.is_file()), files[0])


def _shown(file: Path) -> str:
    """``conf/task/surface.yaml``, whichever folder the command was given in."""
    return file.relative_to(file.parents[2 if file.stem != "train" else 1]).as_posix()


def _aligned(rows: list[Row]) -> str:
    first = max(len(row[0]) for row in rows)
    second = max(len(row[1]) for row in rows)
    return "\n".join(f"{name:{first}}  {value:{second}}  {source}".rstrip() for name, value, source in rows)
