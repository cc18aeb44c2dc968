"""The text of `lightlab train --help`."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

from lightlab.config.composition import Groups
from lightlab.config.keys import TOP
from lightlab.config.schema import CLOSED, GROUPS
from lightlab.errors import UsageError, did_you_mean
from lightlab.runs.overrides import program


def help_text(conf: Path, topics: Sequence[str] = ()) -> str:
    """Returns usage, groups and examples; or the keys of the groups, sections or keys that `topics` name.

    Raises:
        UsageError: there is no such group or key.
    """
    return "\n\n".join(map(_keys_of, topics)) if topics else _overview(conf)


def _keys_of(topic: str) -> str:
    sections = CLOSED | GROUPS
    keys = TOP | {f"{section}.{name}": key for section, own in sections.items() for name, key in own.items()}
    named = [name for name in keys if f"{name}.".startswith(f"{topic}.")]
    if not named:
        known = [*sections, *keys]
        raise UsageError(
            f"--help {topic}: no such group or key; {did_you_mean(topic, known)}groups: {', '.join(sections)}"
        )
    return "\n".join(f"{name}\n    {keys[name].rule}: {keys[name].meaning}" for name in named)


def _overview(conf: Path) -> str:
    groups = Groups([conf]).choices
    width = max(60, min(120, shutil.get_terminal_size((100, 24)).columns))
    lines = ["Trains one experiment, or with -m a sweep of them.", ""]
    lines += [f"usage: {program()} [-m] [GROUP=CHOICE ...] [KEY=VALUE ...]", "", "groups and their choices:"]
    for group in ["task", *sorted(set(groups) - {"task", "hydra", "local"})]:
        lines += wrap(
            ", ".join(groups[group]),
            width,
            initial_indent=f"  {group:12}",
            subsequent_indent=" " * 14,
            break_on_hyphens=False,
        )
    examples = [f"  {program(command)} {text}" for command, text in _EXAMPLES]
    return "\n".join([*lines, "", "examples:", *examples])


_EXAMPLES = (
    ("train", "task=fashion_lenet optimizer=adam             one experiment"),
    ("train", "task=fashion_lenet optimizer=sgd optimizer.lr=0.5 trainer.max_epochs=5 seed=1"),
    ("train", "-m task=digits_mlp optimizer=sgd,adam          a comparison"),
    ("train", "-m experiment=compare_optimizers              a ready-made sweep; conf/experiment has its results"),
    ("train", "-m hydra/launcher=joblib seed=0,1,2           as many at a time as there are cores, one thread each"),
    ("train", "sweep_resume=sweeps/TASK/TIME                 the missing and failed runs of a sweep"),
    ("train", "-m hydra/sweeper=optuna optimizer.lr='tag(log,interval(1e-4,1))'   a search"),
    ("train", "resume=last trainer.max_epochs=40             resume and extend a run"),
    ("train", "task=fashion_lenet init_from=last             start from a run's weights"),
    ("train", "--config-dir my_conf task=my_task             a case of your own"),
    ("train", "--help data                                   the keys of a group, with range and meaning"),
    ("train", "task=fashion_lenet --cfg job                  the config, composed"),
    ("train", "task=fashion_lenet explain=true               the source of each value"),
    ("predict", "run=last input=photo.png                    predict with the trained model"),
)
