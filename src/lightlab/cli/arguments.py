"""Reads the command line before Hydra does: values that need no quoting, `resume=`, presets, misspelt names.

Nothing here imports torch: an error must be reported in under a second.
"""

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hydra.core.override_parser.types import Override

from lightlab.cli.startup import make_importable
from lightlab.config.composition import Groups, composed, hydra_value
from lightlab.config.explanation import explanation
from lightlab.config.grammar import parsed, parses, quote
from lightlab.config.options import FlagParser
from lightlab.config.schema import check
from lightlab.config.trainer_keys import several
from lightlab.errors import UsageError, shortened
from lightlab.runs.folder import check_unused, default_folder, find_run
from lightlab.runs.overrides import last_overrides
from lightlab.runs.places import check_cwd, check_writable, named_place
from lightlab.runs.recorded import checked_overrides, without_hydras
from lightlab.runs.resume import Resumed, merge_saved, naming_config_dir, read_record
from lightlab.runs.trust import allowed, check_run_trusted, own_targets
from lightlab.sweeps.checks import check_folders, check_launcher, check_swept_once, jobs, preset
from lightlab.sweeps.resume import saved_arguments

# What runs and sweeps do not rely on; `hydra.run.dir` and the like are checked where they are used.
_HYDRA = (
    *("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.launcher.", "hydra.sweeper."),
    *("hydra.job.chdir", "hydra.job.name", "hydra.job.config.override_dirname.", "hydra.verbose"),
    *("hydra/launcher", "hydra/sweeper", "hydra/job_logging"),
)
_SETTINGS = "hydra.run.dir, hydra.sweep.dir, hydra.job.chdir, hydra.verbose, hydra/launcher and hydra/sweeper"
ONE_AT_A_TIME = (
    "start a command for each run (for seed in 0 1 2; do python train.py seed=$seed …; done), or set trainer=default "
    "and run several at a time by hydra/launcher=joblib or slurm"
)
_INFO = ["all", "config", "defaults", "defaults-tree", "plugins", "searchpath"]


@dataclass(frozen=True)
class Command:
    """A command line for Hydra.

    Attributes:
        argv: without the program's name.
        resumed: the run that goes on; None for a new one.
        folder: that the run will be written into; None where Hydra chooses it, for a sweep, and where nothing is run.
        explanation: the text to print instead of running anything.
        task: the name of the task, or of the last one that a sweep names.
    """

    argv: list[str]
    folder: Path | None = None
    resumed: Resumed | None = None
    explanation: str | None = None
    task: str = ""


def prepare(argv: Sequence[str], conf: Path, processes: int = 0) -> Command:
    """Checks a command line and turns it into one that Hydra takes.

    Args:
        argv: without the program's name.
        conf: the project's config folder.
        processes: as many as torchrun or srun have started.

    Raises:
        UsageError: a name that does not exist (with the nearest that does), a value out of range, no run to resume.
    """
    check_cwd()
    if not conf.is_dir():
        raise UsageError(f"{conf}: no such folder; train.py needs the project's conf/ beside it")
    flags = _read_flags(argv)
    if flags.shell_completion or flags.info or flags.hydra_help or flags.version:
        return Command(list(argv))
    if processes > 1 and flags.multirun:
        raise UsageError(f"-m: {processes} processes were started for one run; {ONE_AT_A_TIME}")
    options = [argument for argument in argv if argument not in flags.overrides]
    overrides = with_options([quoted(argument, sweep=flags.multirun) for argument in flags.overrides])
    _check_hydra(parsed(overrides))
    groups = Groups([conf, *([Path(flags.config_dir)] if flags.config_dir else [])])
    make_importable(flags.config_dir)
    run, overrides = _split_off("resume", overrides)
    if run is not None:
        if flags.multirun:
            raise UsageError("resume= goes on with one run; leave out -m")
        folder = find_run(run)
        with naming_config_dir(folder, flags.config_dir):
            resumed = _resume(folder, overrides, options, groups)
        return replace(resumed, folder=None) if flags.cfg else resumed
    sweep, overrides = _split_off("sweep_resume", overrides)
    if sweep is None:
        command = _checked(overrides, options, flags.multirun, groups)
        return replace(command, folder=None) if flags.cfg else command
    options += [] if flags.multirun else ["-m"]
    with naming_config_dir(Path(sweep), flags.config_dir):
        overrides = saved_arguments(Path(sweep), overrides, own_targets(groups.folders))
        command = _checked(overrides, options, True, groups)
    return replace(command, folder=None) if flags.cfg else command


def _checked(overrides: list[str], options: list[str], multirun: bool, groups: Groups) -> Command:
    check_swept_once(overrides)
    overrides = [*overrides, *preset(overrides, multirun, groups)]
    check_launcher(parsed(overrides))
    for job in jobs(overrides, multirun, groups):
        with _naming_the_job(override for override in job if override not in overrides):
            config = composed(job, groups)
            check(config)
            if multirun and several(config):
                raise UsageError(f"-m: the runs of a sweep train on one device each; {ONE_AT_A_TIME}")
        if config["explain"]:
            if multirun:
                raise UsageError("explain=true shows the values of one run; leave out -m, and name one value of each")
            return Command([], explanation=explanation([*job, *groups.searchpath], groups.folders))
    if config["find_lr"] or config["find_batch_size"]:
        if multirun:
            raise UsageError("find_lr= and find_batch_size= measure one run; leave out -m")
        overrides = [*overrides, "hydra.output_subdir=null"]  # what is measured is no run that a report lists
    key, root = ("hydra.sweep.dir", "sweeps") if multirun else ("hydra.run.dir", "runs")
    folder = _folder(key, job, groups)
    if folder is None:
        check_writable(default_folder(root, config["name"]), key)
    elif not multirun:  # before Hydra writes its record there
        check_unused(folder)
    if folder is not None and not (multirun and _is_composed(key, overrides)):
        place = f"{key}={quote(str(folder))}"
        overrides = overrides if place in overrides else [*overrides, place]
    check_folders({override.key_or_group: override for override in parsed(overrides)})
    return Command([*options, *overrides], None if multirun else folder, task=config["name"])


def _folder(key: str, overrides: list[str], groups: Groups) -> Path | None:
    """Returns the folder that one of Hydra's keys names; None where it is not given."""
    values = [override.value() for override in parsed(overrides) if override.key_or_group == key]
    if not values:
        return None
    return named_place(key, hydra_value(key, overrides, groups) if _is_composed(key, overrides) else values[-1])


def _is_composed(key: str, overrides: list[str]) -> bool:
    """Returns whether a key's value refers to others; in a sweep, Hydra resolves it without what is swept."""
    return any(key in override and "${" in override for override in overrides)


def _read_flags(argv: Sequence[str]) -> argparse.Namespace:
    """Reads the flags that `hydra.main` documents."""
    parser = FlagParser(prog="train.py", add_help=False)
    for flag in ("-m --multirun", "-r --run", "--resolve", "-sc --shell-completion", "--hydra-help", "--version"):
        parser.add_argument(*flag.split(), action="store_true")
    for option in ("-p --package", "-cp --config-path", "-cn --config-name", "-cd --config-dir"):
        parser.add_argument(*option.split())
    parser.add_argument("-c", "--cfg", choices=["job", "hydra", "all"])
    parser.add_argument("-i", "--info", nargs="?", const="all", choices=_INFO)
    parser.add_argument("overrides", nargs="*")
    flags, unknown = parser.parse_known_intermixed_args(list(argv))
    if unknown:
        raise UsageError(f"{shortened(unknown[0])}: no such option; write GROUP=CHOICE or KEY=VALUE (--help)")
    _check_flags(flags)
    return flags


def _check_flags(flags: argparse.Namespace) -> None:
    if flags.config_path or flags.config_name:
        raise UsageError("--config-path and --config-name: not supported; add a folder of your own with --config-dir")
    if flags.config_dir == "":
        raise UsageError("--config-dir: is empty; name a folder")
    if flags.multirun and flags.cfg:
        raise UsageError("--cfg shows the config of one run; leave out -m, and name one value of each")
    if not flags.cfg and (flags.resolve or flags.package):
        raise UsageError(f"{'--resolve' if flags.resolve else '--package'} belongs to --cfg job")
    commands = {name: getattr(flags, name) for name in ("run", "multirun", "cfg", "info", "shell_completion")}
    if len(given := [f"--{name.replace('_', '-')}" for name, value in commands.items() if value]) > 1:
        raise UsageError(f"{' and '.join(given)}: one at a time")


def _check_hydra(overrides: Iterable[Override]) -> None:
    """Refuses settings of Hydra on which our runs and sweeps rely."""
    for override in overrides:
        key = override.key_or_group
        if re.match(r"hydra[./]", key) and not key.startswith(_HYDRA):
            raise UsageError(f"{shortened(key)}: cannot be set here; of Hydra's settings, {_SETTINGS} can")
        if key.startswith("hydra/") and not override.is_sweep_override() and not isinstance(override.value(), str):
            raise UsageError(f"{shortened(override.input_line)}: must be the name of a choice")


def quoted(argument: str, sweep: bool = False) -> str:
    """Quotes the value of ``key=value`` where Hydra's grammar does not take it as it stands.

    In a sweep each of the values between commas is quoted by itself, and so is each entry of a list: ``[城市,面积]``.
    """
    key, equals, value = argument.partition("=")
    if not equals or parses(argument):
        return argument
    values = re.split(r",(?![^\[\]]*\])", value) if sweep else [value]  # not at a list's own commas
    return f"{key}=" + ",".join(map(_readable, values))


def with_options(overrides: Sequence[str]) -> list[str]:
    """Lets a group whose ``_target_`` is set take that target's own options: ``scheduler.T_0=5`` need not exist yet."""
    settings = [match[1] for override in overrides if (match := re.match(r"([\w.]+)\._target_=", override))]
    return [
        f"++{override}" if any(override.startswith(f"{group}.") for group in settings) else override
        for override in overrides
    ]


def _readable(value: str) -> str:
    """Quotes a value, or each entry of a list of plain words, where that is needed."""
    if parses(f"key={value}"):
        return value
    words = re.fullmatch(r"\[([^\[\]{}'\"]*)\]", value)
    if words is None:
        return quote(value)
    entries = [entry.strip() for entry in words[1].split(",")]
    return f"[{','.join(_readable(entry) if entry else quote(entry) for entry in entries)}]"


def _split_off(key: str, overrides: list[str]) -> tuple[str | None, list[str]]:
    """Returns the value of ``key=``, None where it is null or missing, and the other overrides."""
    matching = [override for override in overrides if re.match(rf"\+*{key}=", override)]
    values = [override.value() for override in parsed(matching) if override.value() is not None]
    return (str(values[-1]) if values else None), [override for override in overrides if override not in matching]


@contextmanager
def _naming_the_job(swept: Iterable[str]) -> Iterator[None]:
    """Appends the sweep job's overrides to a `UsageError`."""
    try:
        yield
    except UsageError as error:
        job = ", ".join(swept)
        raise UsageError(f"{error} (in the job with {job})" if job else str(error)) from error


def _resume(folder: Path, new: list[str], options: list[str], groups: Groups) -> Command:
    path = last_overrides(folder)
    if not path.is_file() or not (folder / "config.yaml").is_file():
        raise UsageError(
            f"resume={folder}: lacks config.yaml or .hydra/overrides.yaml, so how it was started is not known"
        )
    typed = parsed(new)
    own, allow = own_targets(groups.folders, typed), allowed(typed)
    old = without_hydras(checked_overrides(read_record(path, list), path, typed, own, allow))
    keys = [override.key_or_group for override in typed]
    resumed = merge_saved(folder, composed(old, groups), composed([*old, *new], groups), [*old, *new], keys)
    check_run_trusted(resumed.config, allow, str(folder / "config.yaml"), own)
    try:
        check(resumed.config)
    except UsageError as error:
        is_typed = any(str(error).startswith(key) for key in keys)
        raise error if is_typed else UsageError(f"{error} ({folder / 'config.yaml'})") from None
    return Command([*options, *resumed.overrides], folder, resumed, task=resumed.config["name"])
