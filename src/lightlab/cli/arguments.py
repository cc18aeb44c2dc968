"""The command line, before Hydra sees it: values that need no quoting, `resume=`, presets, misspelt names.

Nothing here imports torch: a slip must be answered in under a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, IntervalSweep, Override
from hydra.errors import HydraException
from omegaconf import OmegaConf

from lightlab.config.composition import Groups, composed, parsed, quote
from lightlab.config.explanation import explanation
from lightlab.config.schema import check
from lightlab.errors import UsageError
from lightlab.runs.folder import check_unused, check_writable, find_run
from lightlab.runs.resume import Resumed, config_dir, last_overrides, merge_saved
from lightlab.sweeps.jobs import check_launcher
from lightlab.sweeps.resume import check_no_sweep, own_config_dir, saved_arguments


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
    if flags.multirun and flags.cfg:
        raise UsageError("--cfg shows the config of one run; leave out -m, and name one value of each")
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
    _check_swept_once(typed)
    typed += _preset(typed, flags.multirun, groups)
    check_launcher(parsed(typed))
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
    names = [override.key_or_group for override in parsed(new)]
    resumed = merge_saved(folder, composed(old, groups), composed([*old, *new], groups), [*old, *new], names)
    check(resumed.config)
    return Command([*flags, *resumed.overrides], resumed)


def _preset(typed: list[str], sweep: bool, groups: Groups) -> list[str]:
    """What the chosen experiment sweeps, but for what is typed.

    Hydra's own `hydra.sweeper.params` would be multiplied by what is typed for the same key, not replaced.
    """
    told = {each.key_or_group: each for each in parsed(typed)}
    if "experiment" not in told or told["experiment"].is_delete():
        return []
    presets = {name: composed([name], groups)["sweep"] for name in _values(told["experiment"], sweep, False, groups)}
    if len(presets) > 1 and any(presets.values()):
        raise UsageError(f"{told['experiment'].input_line}: each is a sweep of its own; name one")
    name, swept = next(iter(presets.items()))
    missing = {key: value for key, value in swept.items() if key not in told}
    if missing and not sweep and "explain=true" not in typed:
        raise UsageError(f"{name} sweeps {', '.join(missing)}: add -m, or name one value of each")
    return [f"{key}={value}" for key, value in missing.items()] if sweep else []


def _check_swept_once(overrides: list[str]) -> None:
    """Of a key that is given twice Hydra takes the last, and would not sweep over the first."""
    told = parsed(overrides)
    keys = [each.key_or_group for each in told]
    for override in told:
        if override.is_sweep_override() and keys.count(override.key_or_group) > 1:
            raise UsageError(f"{override.input_line}: {override.key_or_group} is given once more; name it once")


def _check_run_folder(overrides: list[str]) -> None:
    """Before Hydra writes its record there."""
    told = {override.key_or_group: override for override in parsed(overrides)}
    subdir = told.get("hydra.sweep.subdir")
    if subdir is not None and "${" not in str(subdir.value()):
        raise UsageError(f"{subdir.input_line}: every run needs a folder of its own; leave it out")
    sweep = told.get("hydra.sweep.dir")
    if sweep is not None and not [name for name in told if name.startswith(("hydra/sweeper", "hydra.sweeper"))]:
        check_no_sweep(Path(str(sweep.value())))
    for override in told.values():
        if override.key_or_group == "hydra.run.dir":
            check_unused(Path(str(override.value())))
            return
    check_writable(Path("runs"))


def _jobs(overrides: list[str], sweep: bool, groups: Groups) -> Iterator[list[str]]:
    """Each swept value once, beside the first of every other: a slip in any of them is found before the first job."""
    told = parsed(overrides)
    searching = any(each.key_or_group == "hydra/sweeper" and each.value() != "basic" for each in told)
    values = [list(_values(override, sweep, searching, groups)) for override in told]
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


def _value(override: str) -> str:
    return str(parsed([override])[0].value())


def _parses(argument: str) -> bool:
    try:
        OverridesParser.create().parse_override(argument)
    except HydraException:
        return False
    return True
