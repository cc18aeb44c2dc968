"""The command line, before Hydra sees it: values that need no quoting, `resume=`, presets, misspelt names.

Nothing here imports torch: a slip must be answered in under a second.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, IntervalSweep, Override
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from lightlab.composition import is_setting, set_values
from lightlab.errors import UsageError, did_you_mean, one_line
from lightlab.explanation import explanation
from lightlab.groups import Groups
from lightlab.quoting import quote
from lightlab.resume import Resumed, config_dir, last_overrides, merge_saved
from lightlab.runs import check_unused, check_writable, find_run
from lightlab.schema import check
from lightlab.side_by_side import check_launcher
from lightlab.sweep_resume import check_no_sweep, own_config_dir, saved_arguments


@dataclass(frozen=True)
class Command:
    """A command line that Hydra can be given.

    Attributes:
        argv: without the program's name.
        resumed: of a run that goes on; None for a new one.
        shown: what there is to print instead of running anything.
    """

    argv: list[str]
    resumed: Resumed | None = None
    shown: str | None = None


def prepare(argv: Sequence[str], conf: Path) -> Command:
    """Checks a command line, and makes it one that Hydra takes.

    Args:
        argv: without the program's name.
        conf: the project's config folder.

    Raises:
        UsageError: a name that does not exist (with the nearest that does), a value out of range, no run to resume.
    """
    if not conf.is_dir():
        raise UsageError(f"{conf}: no such folder; train.py needs the project's conf/ beside it")
    flags = get_args_parser().parse_args(list(argv))
    if flags.shell_completion or flags.info or flags.hydra_help:
        return Command(list(argv))
    if flags.config_path or flags.config_name:
        raise UsageError("--config-path and --config-name: not supported; add a folder of your own with --config-dir")
    others = [each for each in argv if each not in flags.overrides]
    typed = [quoted(each, sweep=flags.multirun) for each in flags.overrides]
    run = next((_value(each) for each in typed if re.match(r"\+*resume=(?!null$)", each)), None)
    if run is not None:
        if flags.multirun:
            raise UsageError("resume= goes on with one run; leave out -m")
        typed = [each for each in typed if not re.match(r"\+*resume=", each)]
        return _resume(find_run(run), typed, others, [conf, *filter(None, [flags.config_dir])])
    sweep = next((Path(_value(each)) for each in typed if re.match(r"\+*sweep_resume=(?!null$)", each)), None)
    if sweep is not None:
        typed = saved_arguments(sweep, [each for each in typed if not re.match(r"\+*sweep_resume=", each)])
        own = None if flags.config_dir else own_config_dir(sweep)
        others += [*([] if flags.multirun else ["-m"]), *(["--config-dir", own] if own else [])]
        flags = get_args_parser().parse_args([*others, *typed])
    groups = Groups([conf, *([Path(flags.config_dir)] if flags.config_dir else [])])
    typed += _preset(typed, flags.multirun, groups)
    check_launcher(_parsed(typed))
    for overrides in _jobs(typed, flags.multirun, groups):
        with _said_of(each for each in overrides if each not in typed):
            config = composed(overrides, groups)
            check(config)
        if config["explain"]:
            if flags.multirun:
                raise UsageError("explain=true shows the values of one run; leave out -m, and name one value of each")
            return Command([], shown=explanation([*overrides, *groups.searchpath], groups.folders))
    _check_run_folder(typed)
    return Command([*others, *typed])


def quoted(argument: str, sweep: bool = False) -> str:
    """Quotes the value of ``key=value`` where Hydra's grammar does not take it as it stands.

    In a sweep each of the values between commas is quoted for itself, and so is each entry of a list: ``[城市,面积]``.
    """
    key, equals, value = argument.partition("=")
    if not equals or _parses(argument):
        return argument
    parts = re.split(r",(?![^\[\]]*\])", value) if sweep else [value]  # not at a list's own commas
    return f"{key}=" + ",".join(map(_readable, parts))


def _readable(value: str) -> str:
    """The value, or each entry of a list of plain words, between quotes where that is needed."""
    if _parses(f"key={value}"):
        return value
    words = re.fullmatch(r"\[([^\[\]{}'\"]*)\]", value)
    if words is None:
        return quote(value)
    entries = [each.strip() for each in words[1].split(",")]
    return f"[{','.join(_readable(each) if each else quote(each) for each in entries)}]"


def composed(overrides: Sequence[str], groups: Groups) -> dict[str, Any]:
    """The config that Hydra composes from these overrides, resolved to plain containers.

    Raises:
        UsageError: an override that names no group, choice or key.
    """
    parsed = _parsed(list(overrides))
    choosing = [override for override in parsed if groups.check(override) or override.is_hydra_override()]
    setting = [override for override in parsed if override not in choosing]
    choices = tuple(override.input_line or "" for override in choosing)
    if choices not in groups.bases:
        groups.bases[choices] = _compose(choices, groups)
    base = groups.bases[choices]
    known = _plain(base)
    for override in setting:
        _check_key(override, known, groups)
    if not all(map(is_setting, setting)):
        return _complete(_compose(overrides, groups))
    config = copy.deepcopy(base)
    with _refused():
        set_values(config, setting)
    return _complete(config)


@contextmanager
def _said_of(swept: Iterable[str]) -> Iterator[None]:
    """Adds to a refusal which of the jobs of a sweep it is about."""
    try:
        yield
    except UsageError as error:
        job = ", ".join(swept)
        raise UsageError(f"{error} (in the job with {job})" if job else str(error)) from error


def _resume(folder: Path, new: list[str], flags: list[str], folders: list[str | Path]) -> Command:
    path = last_overrides(folder)
    if not path.is_file() or not (folder / "config.yaml").is_file():
        raise UsageError(
            f"resume={folder}: lacks config.yaml or .hydra/overrides.yaml, so how it was started is not known"
        )
    own = config_dir(folder)
    if own and len(folders) == 1:
        flags, folders = [*flags, "--config-dir", own], [*folders, own]
    groups = Groups([Path(each) for each in folders])
    saved = OmegaConf.to_container(OmegaConf.load(path))
    if not isinstance(saved, list):
        raise UsageError(f"{path}: not the list of overrides that a run keeps; start a new run with init_from={folder}")
    old = [str(each) for each in saved if not re.match(r"\+*(resume|hydra\.[^=]*)=", str(each))]
    names = [override.key_or_group for override in _parsed(new)]
    resumed = merge_saved(folder, composed(old, groups), composed([*old, *new], groups), [*old, *new], names)
    check(resumed.config)
    return Command([*flags, *resumed.overrides], resumed)


def _preset(typed: list[str], sweep: bool, groups: Groups) -> list[str]:
    """What the chosen experiment sweeps, but for what is typed.

    Hydra's own `hydra.sweeper.params` would be multiplied by what is typed for the same key, not replaced.
    """
    parsed = {each.key_or_group: each for each in _parsed(typed)}
    if "experiment" not in parsed or parsed["experiment"].is_delete():
        return []
    presets = {name: composed([name], groups)["sweep"] for name in _values(parsed["experiment"], sweep, False, groups)}
    if len(presets) > 1 and any(presets.values()):
        raise UsageError(f"{parsed['experiment'].input_line}: each is a sweep of its own; name one")
    name, swept = next(iter(presets.items()))
    missing = {key: value for key, value in swept.items() if key not in parsed}
    if missing and not sweep and "explain=true" not in typed:
        raise UsageError(f"{name} sweeps {', '.join(missing)}: add -m, or name one value of each")
    return [f"{key}={value}" for key, value in missing.items()] if sweep else []


def _check_run_folder(overrides: list[str]) -> None:
    """Before Hydra writes its record there."""
    parsed = {override.key_or_group: override for override in _parsed(overrides)}
    sweep = parsed.get("hydra.sweep.dir")
    if sweep is not None and not [name for name in parsed if name.startswith(("hydra/sweeper", "hydra.sweeper"))]:
        check_no_sweep(Path(str(sweep.value())))
    for override in parsed.values():
        if override.key_or_group == "hydra.run.dir":
            check_unused(Path(str(override.value())))
            return
    check_writable(Path("runs"))


def _jobs(overrides: list[str], sweep: bool, groups: Groups) -> Iterator[list[str]]:
    """Each swept value once, beside the first of every other: a slip in any of them is found before the first job."""
    parsed = _parsed(overrides)
    searching = any(each.key_or_group == "hydra/sweeper" and each.value() != "basic" for each in parsed)
    values = [list(_values(override, sweep, searching, groups)) for override in parsed]
    first = [each[0] for each in values]
    yield first
    for index, swept in enumerate(values):
        for value in swept[1:]:
            yield [*first[:index], value, *first[index + 1 :]]


def _values(override: Override, sweep: bool, searching: bool, groups: Groups) -> Iterator[str]:
    """Of the numbers that a search draws from, the lowest and the highest."""
    if not override.is_sweep_override():
        yield override.input_line or ""
        return
    if not sweep:
        raise UsageError(f"{override.input_line}: several values; add -m to run one after the other")
    value = override.value()
    if isinstance(value, Glob):
        names = value.filter(groups.choices.get(override.key_or_group, []))
        yield from (f"{override.key_or_group}={name}" for name in names)
        return
    if isinstance(value, IntervalSweep) and not searching:
        raise UsageError(
            f"{override.input_line}: a range without steps; list the values, use range(start,stop,step), or search it "
            "with hydra/sweeper=optuna"
        )
    if isinstance(value, IntervalSweep):
        found = [str(value.start), str(value.end)]
    else:
        found = list(override.sweep_string_iterator())
    if not found:
        raise UsageError(f"{override.input_line}: a range without any value")
    ends = [found[0], found[-1]] if searching and override.is_range_sweep() else found
    yield from (f"{override.get_key_element()}={each}" for each in ends)


def _compose(overrides: Sequence[str], groups: Groups) -> DictConfig:
    with _refused(), initialize_config_dir(str(groups.folders[0]), version_base="1.3"):
        return compose("train", overrides=[*overrides, *groups.searchpath])


def _complete(config: DictConfig) -> dict[str, Any]:
    missing = sorted(OmegaConf.missing_keys(config))
    if missing:
        raise UsageError(f"{missing[0]}: missing; the task's file, or the command line, must give it")
    return _plain(config)


def _plain(config: DictConfig) -> dict[str, Any]:
    with _refused():
        plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


@contextmanager
def _refused() -> Iterator[None]:
    """What Hydra, OmegaConf and YAML refuse, in one line."""
    try:
        yield
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError) as error:
        raise UsageError(_unknown_choice(error) or one_line(error)) from error


def _check_key(override: Override, config: dict[str, Any], groups: Groups) -> None:
    """Refuses ``optimizer.lrr=1`` with the nearest key; ``+key=value`` is meant to be new."""
    name = override.key_or_group
    if override.is_add() or override.is_force_add() or override.is_hydra_override():
        return
    level: Any = config
    path = name.split(".")
    for depth, key in enumerate(path):
        if isinstance(level, dict) and key in level:
            level = level[key]
            continue
        known = list(level) if isinstance(level, dict) else []
        known += list(groups.choices) if depth == 0 else []
        above = "".join(f"{each}." for each in path[:depth])
        nearest = did_you_mean(key, known).replace("'", f"'{above}", 1)
        raise UsageError(f"{name}: no such key; {nearest}known here: {', '.join(sorted(map(str, set(known))))}")


def _value(override: str) -> str:
    return str(_parsed([override])[0].value())


def _parses(argument: str) -> bool:
    try:
        OverridesParser.create().parse_override(argument)
    except HydraException:
        return False
    return True


def _parsed(overrides: Sequence[str]) -> list[Override]:
    try:
        return OverridesParser.create().parse_overrides(list(overrides))
    except HydraException as error:
        raise UsageError(f"{one_line(error)}; write GROUP=CHOICE or KEY=VALUE (--help)") from None


def _unknown_choice(error: Exception) -> str | None:
    """What to say of a choice that one of Hydra's own groups, such as hydra/launcher, does not have."""
    if not isinstance(error, MissingConfigException) or not error.options:
        return None
    group, _, choice = (error.missing_cfg_file or "").rpartition("/")
    known = ", ".join(error.options)
    return f"{group}={choice}: no such choice; {did_you_mean(choice, error.options)}choices: {known}"
