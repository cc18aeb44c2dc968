"""Runs a command in the caller's process; its errors are exceptions."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from lightlab.api.process import borrowed_process, drawing_style, torch_settings
from lightlab.cli.arguments import Command, prepare
from lightlab.cli.startup import check_environment
from lightlab.cli.train import execute
from lightlab.config.composition import conf_dir
from lightlab.config.grammar import quote
from lightlab.errors import LightlabError, Reported, UsageError, message_of, reported
from lightlab.files import user_path
from lightlab.runs.folder import checkpoint_of, new_run

PathText = str | PathLike[str]
_PLACES = {"runs": "hydra.run.dir", "sweeps": "hydra.sweep.dir"}
# What errors advise on the command line, and its counterpart here.
_WORDS = {
    r"\badd -m\b": "use lightlab.sweep",
    r"\b(?:sweep_)?resume=([^\s,;'\"]+)(?=, or name)": r"lightlab.resume('\1')",
    r"\bname another hydra\.(?:run|sweep)\.dir": "name another folder",
    r"--config-dir (?=.*no such folder)": "config_dir ",
}


class Interrupted(LightlabError):
    """A run or a sweep was stopped; the message says how it goes on."""

    exit_code = 130


def run_command(
    root: str,
    texts: Sequence[str],
    folder: PathText | None = None,
    options: Sequence[str] = (),
    quiet: bool = False,
    given: dict[str, Any] | None = None,
    resumed: Path | None = None,
) -> Path:
    """Trains in this process, and returns the folder of the run or sweep.

    Args:
        root: ``runs`` or ``sweeps``, which is where the folder is made if none is named.
        texts: overrides.
        folder: to write into.
        options: of the command line.
        quiet: whether nothing is printed to stdout.
        given: fields of `GivenObjects`.
        resumed: the folder of the sweep that goes on.

    Raises:
        Exception: what ended the run, or the whole sweep.
    """
    try:
        with borrowed_process(quiet):
            return _run(root, texts, folder, options, given or {}, resumed)
    except LightlabError as error:
        raise error.with_traceback(None) from None  # the frames of Hydra and Lightning say nothing about it


def _run(
    root: str,
    texts: Sequence[str],
    folder: PathText | None,
    options: Sequence[str],
    given: dict[str, Any],
    resumed: Path | None,
) -> Path:
    key = _PLACES[root]
    check_environment()
    place = [f"{key}={quote(fspath(folder))}"] if folder is not None else []
    command = _prepared([*options, *place, *texts])
    if ("-m" in command.argv) != (root == "sweeps"):
        raise UsageError("sweep_resume=: goes on with a sweep; use lightlab.resume(FOLDER)")
    where = command.folder or resumed or (user_path(fspath(folder)) if folder is not None else None)
    with torch_settings(), drawing_style(), _given(given):
        if where is None:
            where = new_run(root, command.task, texts if root == "runs" else [])
            argv = [*command.argv, f"{key}={quote(str(where))}"]
            command = replace(command, argv=argv, folder=where if root == "runs" else None)
        where = where.absolute()
        if (error := _error_of(command)) is not None:
            raise _explained(error, where)
    return where


def _prepared(argv: list[str]) -> Command:
    try:
        return prepare(argv, conf_dir())
    except UsageError as error:
        text = str(error)
        for pattern, replacement in _WORDS.items():
            text = re.sub(pattern, replacement, text)
        raise UsageError(text) from None


def _error_of(command: Command) -> BaseException | None:
    """Executes the command and returns what ended it; None also for a sweep some of whose runs have failed."""
    errors: list[BaseException] = []

    @contextmanager
    def kept() -> Iterator[None]:
        try:
            yield
        except Exception as error:
            errors.append(error)

    is_sweep = "-m" in command.argv
    try:
        execute(command, conf_dir(), reported if is_sweep else kept)
    except Reported as stop:
        return stop.error
    except (KeyboardInterrupt, SystemExit) as stop:  # Lightning exits after an interruption
        return None if is_sweep and getattr(stop, "code", 130) == 1 else KeyboardInterrupt()
    return errors[0] if errors else None


def _explained(error: BaseException, folder: Path) -> BaseException:
    if isinstance(error, KeyboardInterrupt) or getattr(error, "exit_code", 0) >= 128:
        can_go_on = (folder / "multirun.yaml").is_file() or checkpoint_of(folder) is not None
        return Interrupted(
            f"interrupted; go on with lightlab.resume({str(folder)!r})"
            if can_go_on
            else "interrupted before the first checkpoint; start it again"
        )
    if not isinstance(error, LightlabError):
        error.add_note(message_of(error))
    return error


@contextmanager
def _given(fields: dict[str, Any]) -> Iterator[None]:
    from lightlab.training.trainer import GIVEN, GivenObjects  # imports torch

    token = GIVEN.set(GivenObjects(**fields))
    try:
        yield
    finally:
        GIVEN.reset(token)
