"""Says what a checkpoint would build, and whether it may, and builds nothing: lightlab check FILE|RUN; see --help."""

import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightlab.cli.startup import uncollected, wants_help
from lightlab.config.composition import conf_dir
from lightlab.config.grammar import parsed
from lightlab.config.schema import GROUPS
from lightlab.errors import DataError, LightlabError, UsageError, did_you_mean, printable, shortened
from lightlab.files import user_path
from lightlab.runs.folder import find_run
from lightlab.runs.overrides import program
from lightlab.runs.places import check_cwd
from lightlab.runs.records import read_json
from lightlab.runs.summary import text_table
from lightlab.runs.trust import BUILT, allowed, own_targets, verdicts

HELP = f"""usage: {program("check")} FILE|RUN|last ... [allow=[my_package]]

Lists what the config of a checkpoint (of a run: of both of its checkpoints) names to be built, by group, and whether it
may be; and its task, epoch, size, checksum and versions. Nothing is built and no code of it runs.

  allow=[my_package]    trust that package too

The exit code is 0 if everything may be built and every weight is finite; else 1."""


def main() -> None:
    check_cwd()
    if wants_help(or_nothing=True):
        print(HELP, flush=True)
        return
    options = [text for text in sys.argv[1:] if text.startswith("-") or ("=" in text and not user_path(text).exists())]
    for text in options:
        if not text.startswith("allow="):
            raise UsageError(f"{shortened(text)}: no such option; {did_you_mean(text, ['allow=[package]'])}(--help)")
        if not re.fullmatch(r"allow=\[[\w., ]*\]", text):
            raise UsageError(f"{shortened(text)}: must be a list of packages, such as allow=[my_package]")
    allow = allowed(parsed(options))
    paths = [path for text in sys.argv[1:] if text not in options for path in _checkpoints(text)]
    if not paths:
        raise UsageError("no checkpoint is named; name a file, a run's folder, or `last`")
    problems = [problem for path in paths if (problem := check(path, allow))]
    if problems:
        raise LightlabError("; ".join(problems))


def _checkpoints(name: str) -> list[Path]:
    """Returns a checkpoint's file, or the files of a run."""
    if user_path(name).is_file():
        return [user_path(name)]
    return sorted((find_run(name) / "checkpoints").glob("*.ckpt"))


def check(path: Path, allow: Sequence[str] = ()) -> str:
    """Prints what a checkpoint holds and would build; returns what is wrong with it, in a few words.

    Raises:
        DataError: it is damaged, not one of lightlab's, or its loading would run code.
    """
    with uncollected():
        from lightlab.runs.checkpoints import read_checkpoint
    checkpoint = read_checkpoint(path)
    config = checkpoint["lightlab"]["config"]
    infinite = _not_finite(checkpoint["state_dict"])
    rows = list(_targets(config, allow))
    print(text_table([("checkpoint", str(path)), *_facts(path, checkpoint, infinite)]))
    print(printable("\n" + text_table([("group", "builds", ""), *rows])), flush=True)
    refused = [target for _, target, verdict in rows if verdict != _YES]
    problems = [f"{len(refused)} of {len(rows)} targets refused, first {shortened(refused[0])}"] if refused else []
    problems += [f"weights that are not finite, first in {infinite[0]}"] if infinite else []
    return f"{path}: {', '.join(problems)}" if problems else ""


_YES, _NO = "may be built", "refused: not lightlab's or torch's (allow=[package] trusts one)"


def _targets(config: dict[str, Any], allow: Sequence[str]) -> list[tuple[str, str, str]]:
    """Returns group, target and verdict of all that a config would build; only groups may name anything.

    As for `resume=`, what conf/ itself names is trusted in the groups that prediction does not build.
    """
    own = {group: targets for group, targets in own_targets([conf_dir()]).items() if group not in BUILT}
    rows: list[tuple[str, str, str]] = []
    for group in sorted(config, key=lambda name: (name not in BUILT, str(name))):
        for target, trusted in verdicts(config[group], str(group), allow, own):
            rows.append((str(group), target, _YES if trusted and group in GROUPS else _NO))
    return list(dict.fromkeys(rows))


def _not_finite(weights: dict[str, Any]) -> list[str]:
    import torch

    tensors = {name: weight for name, weight in weights.items() if isinstance(weight, torch.Tensor)}
    return [str(name) for name, weight in tensors.items() if not weight.isfinite().all()]


def _facts(path: Path, checkpoint: dict[str, Any], infinite: Sequence[str]) -> list[tuple[str, str]]:
    weights = [weight for weight in checkpoint["state_dict"].values() if hasattr(weight, "numel")]
    count = sum(weight.numel() for weight in weights)
    finite = f"not finite: {', '.join(infinite[:5])}" if infinite else "all finite"
    facts = [
        ("task", checkpoint["lightlab"]["config"]["name"]),
        ("trained", f"{checkpoint['epoch'] + 1} epochs, {checkpoint['global_step']:,} steps"),
        ("size", f"{path.stat().st_size:,} bytes"),
        ("weights", f"{count:,} in {len(weights)} tensors, {finite}"),
        ("sha256", hashlib.sha256(path.read_bytes()).hexdigest()),
        ("format", f"{checkpoint['lightlab']['format']}, Lightning {checkpoint.get('pytorch-lightning_version', '?')}"),
    ]
    return [(name, printable(str(value))) for name, value in [*facts, ("trained with", _versions(path))] if value]


def _versions(path: Path) -> str:
    """Returns the versions in the record of the checkpoint's run; empty for a file without one."""
    try:
        record = read_json(path.parent.parent / "environment.json")
    except DataError:
        return ""
    packages = record.get("packages")
    named = {"python": record.get("python"), **(packages if isinstance(packages, dict) else {})}
    wanted = ("python", "lightlab-dl", "torch", "lightning")
    return ", ".join(f"{name} {named[name]}" for name in wanted if named.get(name))
