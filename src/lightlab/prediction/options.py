"""The options of predict.py; a dataclass, so that prediction works where conf/ is gone."""

import json
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lightlab.config.options import read_pairs
from lightlab.config.rules import Number, OneOf, Rule, Text, Whole
from lightlab.errors import UsageError
from lightlab.files import user_path
from lightlab.modules.verse_options import VERSE_RULES
from lightlab.modules.word_options import WORD_RULES
from lightlab.runs.folder import checkpoint_of, find_run
from lightlab.runs.overrides import program

# The options by the heading of their section in --help: an example and the meaning of each.
_COMMON = {
    "run": ("last|FOLDER", "the run: its best checkpoint is used"),
    "checkpoint": ("FILE", "or a checkpoint itself"),
    "output": ("FILE", "write the whole table: .csv or .json"),
    "accelerator": ("auto", "auto, cpu, gpu, mps"),
    "allow": ("[my_package]", "build parts of that package too, if the checkpoint names them"),
    "config_dir": ("FOLDER", "your own config folder: build what its files name, and import from there"),
}
_ROWS = {
    "input": (
        "...",
        "a photo, a folder of photos, an IDX file, a CSV, or numbers: input=[[4.0],[5.0]];\n"
        f"{'':24}labels in it are scored",
    ),
    "batch_size": ("1000", "rows at a time"),
    "figure": ("true", "draw each prediction on its photo: beside output=, else in predictions/"),
    "threshold": ("0.5", "of two classes: probabilities from here on are predicted as the second"),
}
_VERSE = {
    "start": ("春", "the first character; several, between commas, begin a poem each"),
    "acrostic": ("春夏秋冬", "the first character of each line instead"),
    "lines": ("4", "lines of a poem"),
    "length": ("7", "characters of a line"),
    "temperature": ("1.0", "below 1 more likely characters, above 1 bolder ones; 0 always the likeliest"),
    "top_k": ("...", "draw only from this number of the likeliest"),
    "top_p": ("...", "draw from the likeliest that together reach this probability, in (0, 1]"),
    "count": ("1", "poems for each start"),
    "seed": ("0", "random seed"),
    "rhyme": ("true", "even lines rhyme (needs an extra: pip install 'lightlab-dl[rhymes]')"),
    "no_repeat": ("true", "no character twice in a poem"),
}
_WORDS = {
    "nearest": ("月亮", "the words nearest to this one, or to several between commas, with their cosine"),
    "analogy": ("国王-男人+女人", "the words nearest to this sum"),
    "count": ("10", "number of words"),
}
_SECTIONS = {
    "": _COMMON,
    "what is predicted from rows or photos:": _ROWS,
    "verse (poetry_rnn):": _VERSE,
    "words (word_embedding):": _WORDS,
}


def _help_lines() -> Iterator[str]:
    for heading, options in _SECTIONS.items():
        yield ""
        if heading:
            yield heading
        for name, (example, meaning) in options.items():
            wide = sum(unicodedata.east_asian_width(character) == "W" for character in example)
            yield f"  {f'{name}={example}':{20 - wide}}  {meaning}"


HELP = "\n".join(
    [
        "Predicts with a trained model.",
        "",
        f"usage: {program('predict')} run=last input=photo.png [OPTION=VALUE ...]",
        f"       {program('predict')} run=last start=春 [OPTION=VALUE ...]",
        f"       {program('predict')} run=last nearest=月亮 [OPTION=VALUE ...]",
        *_help_lines(),
    ]
)


@dataclass(frozen=True)
class PredictOptions:
    """See `HELP`; `input` is text, or the numbers that it spells where it names no file, or rows that have been read.

    Attributes:
        query: the options of tasks that take no input, by name.
        given: the names of all options on the command line.
    """

    input: Any = None
    run: str | None = None
    checkpoint: str | None = None
    output: str | None = None
    threshold: float | None = None
    figure: bool = False
    accelerator: str = "auto"
    batch_size: int = 1000
    allow: list[str] = field(default_factory=list)
    config_dir: str | None = None
    query: dict[str, Any] = field(default_factory=dict)
    given: frozenset[str] = field(default=frozenset(), compare=False)


QUERY_RULES: dict[str, Rule] = {**VERSE_RULES, **WORD_RULES}  # options of tasks that take no input
OPTIONS = tuple(dict.fromkeys(name for options in _SECTIONS.values() for name in options))
_RULES: dict[str, Rule] = {
    "accelerator": OneOf(("auto", "cpu", "gpu", "mps")),
    "batch_size": Whole(1, 1_000_000),
    "figure": OneOf((True, False)),
    "threshold": Number(0, 1, open_low=True, open_high=True),
    **QUERY_RULES,
}


def check_options(options: PredictOptions, known: Sequence[str], task: str, is_needed: bool = True) -> None:
    """Refuses options that a checkpoint's task does not have.

    Args:
        known: the task's options, beside those of every task.
        task: of the checkpoint.
        is_needed: whether `input` must be given, where it is known.

    Raises:
        UsageError: names the option and the task, or says that `input` is missing.
    """
    unknown = next((name for name in OPTIONS if name in options.given - {*_COMMON, *known}), None)
    if unknown is not None:
        raise UsageError(f"{unknown}=: not an option of a run of {task}, which takes {', '.join(known)}")
    if "input" in known and options.input is None and is_needed:
        raise UsageError(f"input= is missing: a run of {task} predicts from rows or photos")


def find_checkpoint(options: PredictOptions) -> Path:
    """Returns the checkpoint that `run` or `checkpoint` names.

    Raises:
        UsageError: there is no such run.
    """
    if options.checkpoint:
        return user_path(options.checkpoint)
    path = checkpoint_of(find_run(options.run or "last"))
    assert path is not None
    return path


def parse_options(argv: Sequence[str]) -> PredictOptions:
    """Reads ``key=value`` arguments; everything behind the first ``=`` is the value and needs no quoting.

    Raises:
        UsageError: an option that does not exist, or one too few or too many.
    """
    option_values = {key: option_value(key, text, _RULES) for key, text in read_pairs(argv, OPTIONS).items()}
    if ("run" in option_values) == ("checkpoint" in option_values):
        raise UsageError("give either run= (a folder, or `last`) or checkpoint= (a file)")
    query = {name: value for name, value in option_values.items() if name in QUERY_RULES}
    has_own_loader = {"allow", "config_dir"} & option_values.keys()  # only a data module of the user's can have one
    if "input" not in option_values and not query and not has_own_loader:
        raise UsageError(
            "input= is missing: a photo, a folder, a CSV, an IDX file, or numbers such as input=[[4.0]]; "
            "for a poetry run: start=春"
        )
    field_values = {name: value for name, value in option_values.items() if name not in QUERY_RULES}
    return PredictOptions(**field_values, query=query, given=frozenset(option_values))


def option_value(key: str, text: str, rules: Mapping[str, Rule]) -> Any:
    """Returns an option's value, by its rule if it has one.

    Raises:
        UsageError: the value breaks the rule.
    """
    if key in rules:
        return _checked(key, text, rules[key])
    if key == "allow":
        return [name.strip() for name in text.strip("[]").split(",") if name.strip()]
    if key == "output":
        if Path(text).suffix not in (".csv", ".json"):
            raise UsageError(f"output={text}: must end in .csv or .json")
        return os.path.expanduser(text)  # which leaves ~nobody as it is
    return _input(text) if key == "input" else text


def _checked(key: str, text: str, rule: Rule) -> Any:
    value: Any = text
    if not isinstance(rule, Text):
        with suppress(ValueError, RecursionError):
            value = json.loads(text.lower() if text in ("True", "False") else text)
    if not rule.takes(value):
        raise UsageError(f"{key}={text if len(text) <= 60 else f'{text[:60]}…'}: must be {rule}")
    return value


def _input(text: str) -> Any:
    with suppress(OSError, RuntimeError, ValueError):  # too long for a name, or ~nobody
        if Path(text).expanduser().exists():
            return text
    try:
        numbers = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return numbers if isinstance(numbers, (list, int, float)) and not isinstance(numbers, bool) else text
