"""Lists runs and sweeps, and removes them on request: lightlab runs; --help shows the options."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from lightlab.config.options import FlagParser
from lightlab.errors import LightlabError, UsageError, printable, shortened
from lightlab.files import user_path
from lightlab.report.formatting import plain
from lightlab.report.listing import SORTS, Entry, entries, entry
from lightlab.runs.folder import ROOTS
from lightlab.runs.overrides import program
from lightlab.runs.places import check_cwd
from lightlab.runs.removal import check_removable, remove

_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}


def main() -> None:
    arguments = sys.argv[1:]
    check_cwd()
    actions = {"remove": _remove, "prune": _prune}
    if arguments and arguments[0] in actions:
        actions[arguments[0]](arguments[1:])
    else:
        _list(arguments)


def _list(arguments: Sequence[str]) -> None:
    parser = FlagParser(
        prog=program("runs"),
        description="Lists the runs and sweeps in and below the folders.",
        epilog=f"{program('runs')} remove RUN ...  and  {program('runs')} prune  remove some; each has a --help.",
    )
    _add_places(parser)
    parser.add_argument("--sort", choices=list(SORTS), default="age", help="default: age, the newest first")
    parser.add_argument("--json", action="store_true", help="print a list of objects; age in seconds, size in bytes")
    options = parser.parse_args(arguments)
    listed = entries(_places(options.folders), options.task, options.sort)
    if options.json:
        print(json.dumps([each.plain() for each in listed], indent=2, ensure_ascii=False))
    elif listed:
        _print_table(listed)
    else:
        print(f"no runs here; train one: {program()} task=linear_regression")


def _add_places(parser: FlagParser) -> None:
    parser.add_argument("folders", nargs="*", type=user_path, metavar="FOLDER", help="default: runs and sweeps")
    parser.add_argument("--task", help="only those of this task")


def _places(folders: Sequence[Path]) -> list[Path]:
    return list(folders) or [Path(root) for root in ROOTS if Path(root).is_dir()]


def _print_table(listed: Sequence[Entry]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name, justify in (
        ("task", "left"),
        ("score", "left"),
        ("epochs", "right"),
        ("age", "right"),
        ("size", "right"),
    ):
        table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)
    table.add_column("state")
    table.add_column("folder", overflow="fold")
    for each in listed:
        score = "" if each.score is None else f"{each.metric} {plain(each.score)}"
        runs = "" if each.runs is None or "," in each.state else f"{each.runs} "
        cells = (
            each.task,
            score,
            str(each.epochs),
            _age(each.age),
            size(each.size),
            runs + each.state,
            str(each.folder),
        )
        table.add_row(*(Text(printable(cell)) for cell in cells))
    total = sum(each.size for each in listed)
    console = Console(width=None if sys.stdout.isatty() else 10_000)
    console.print(table)
    console.print(Text(f"{len(listed)} in all, {size(total)}"))


def _age(seconds: float) -> str:
    unit = next((unit for unit in reversed(_SECONDS) if unit != "w" and seconds >= _SECONDS[unit]), "m")
    return f"{seconds / _SECONDS[unit]:.0f} {'min' if unit == 'm' else unit}"


def size(count: int) -> str:
    """``3.1 MiB`` for a number of bytes."""
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if value >= 1024:
            value, unit = value / 1024, larger
    return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"


def _remove(arguments: Sequence[str]) -> None:
    parser = FlagParser(
        prog=f"{program('runs')} remove",
        description="Removes the folders of runs and sweeps, if lightlab has made them and no process writes them.",
    )
    parser.add_argument("runs", nargs="+", type=user_path, metavar="RUN", help="the folder of a run or a sweep")
    _add_yes(parser)
    options = parser.parse_args(arguments)
    for folder in options.runs:
        check_removable(folder)
    whole = {folder.resolve(): folder for folder in options.runs}
    folders = [
        folder for path, folder in whole.items() if whole.keys().isdisjoint(path.parents)
    ]  # a sweep's runs go too
    _ask_and_remove([entry(folder) for folder in folders], options.yes)


def _prune(arguments: Sequence[str]) -> None:
    parser = FlagParser(
        prog=f"{program('runs')} prune",
        description="Removes all runs and sweeps but those to keep. One that a process still writes stays.",
    )
    _add_places(parser)
    rule = parser.add_mutually_exclusive_group(required=True)
    rule.add_argument("--keep", type=int, metavar="N", help="keep the newest N of each task")
    rule.add_argument("--older", metavar="AGE", help="those not written for this long: 90m, 12h, 30d, 4w")
    rule.add_argument("--failed", action="store_true", help="those that failed or diverged")
    _add_yes(parser)
    options = parser.parse_args(arguments)
    if options.keep is not None and options.keep < 0:
        raise UsageError(f"--keep {options.keep}: must be 0 or more")
    oldest = None if options.older is None else _duration(options.older)
    listed = [each for each in entries(_places(options.folders), options.task) if each.state != "running"]
    if oldest is not None:
        chosen = [each for each in listed if each.age > oldest]
    elif options.failed:
        chosen = [each for each in listed if each.state in ("failed", "diverged")]
    else:
        chosen = [
            each
            for each in listed
            if [other for other in listed if other.task == each.task].index(each) >= options.keep
        ]
    _ask_and_remove([each for each in chosen if _may_go(each)], options.yes)


def _duration(text: str) -> float:
    match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([mhdw])", text)
    if match is None:
        raise UsageError(f"--older {shortened(text)}: must be a number and a unit, such as 90m, 12h, 30d or 4w")
    return float(match[1]) * _SECONDS[match[2]]


def _may_go(each: Entry) -> bool:
    """Returns whether a folder can be removed; says why not."""
    try:
        check_removable(each.folder)
    except LightlabError as error:
        print(f"! stays: {error}", file=sys.stderr)
        return False
    return True


def _add_yes(parser: FlagParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _ask_and_remove(chosen: Sequence[Entry], yes: bool) -> None:
    """Removes runs after the user has agreed.

    Raises:
        UsageError: nobody can be asked, or the answer is no.
    """
    if not chosen:
        print("nothing to remove")
        return
    _print_table(chosen)
    if not yes:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise UsageError("nobody can be asked here, so nothing is removed; add --yes to remove these")
        print(f"remove {'it' if len(chosen) == 1 else f'these {len(chosen)}'}? [y/N] ", end="", flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise UsageError("nothing is removed")
    freed: list[int] = []
    try:
        for each in chosen:
            freed.append(remove(each.folder))
    finally:
        print(f"removed {len(freed)}, {size(sum(freed))} freed ({sum(freed):,} bytes)", flush=True)
