"""What a config may hold: checked before torch is imported, so that a slip costs a second and not a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from lightlab.config.rules import (
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    SWITCH,
    Batches,
    ListOf,
    Number,
    OneOf,
    Rule,
    Text,
    Whole,
)
from lightlab.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Trainer:
    """The keys of ``trainer``: Lightning's own."""

    max_epochs: Rule = Whole(1)
    max_steps: Rule = Whole(1, also=(-1,))
    check_val_every_n_epoch: Rule = Whole(1)
    log_every_n_steps: Rule = Whole(1)
    precision: Rule = OneOf(("32-true", "bf16-mixed", "16-mixed", "64-true"))
    gradient_clip_val: Rule = Number(0, open_low=True, also=(None,))
    gradient_clip_algorithm: Rule = OneOf(("norm", "value"))
    accumulate_grad_batches: Rule = Whole(1)
    limit_train_batches: Rule = Batches(open_low=True, also=(None,))
    limit_val_batches: Rule = Batches(also=(None,))
    limit_test_batches: Rule = Batches(also=(None,))
    deterministic: Rule = SWITCH
    detect_anomaly: Rule = SWITCH
    profiler: Rule = OneOf(("simple", "advanced", "pytorch"), also=(None,))


@dataclass(frozen=True)
class Monitor:
    """The keys of ``monitor``."""

    name: Rule = Text()
    mode: Rule = OneOf(("min", "max"))


@dataclass(frozen=True)
class Top:
    """The keys of the config that are no group."""

    name: Rule = Text()
    seed: Rule = Whole(0, 2**32 - 1)
    data_dir: Rule = Text()
    cache_dir: Rule = Text(also=(None,))
    resume: Rule = Text(also=(None,))
    init_from: Rule = Text(also=(None,))
    folds: Rule = Whole(2, also=(None,))
    fold_repeats: Rule = Whole(1)
    compile: Rule = OneOf(("auto", True, False))
    checkpoint_every: Rule = Whole(1)
    keep_pages: Rule = SWITCH
    explain: Rule = SWITCH
    pictures: Rule = OneOf(("auto", "all", "none"))
    language: Rule = OneOf(("en", "zh"))


CLOSED: dict[str, Trainer | Monitor] = {"trainer": Trainer(), "monitor": Monitor()}
GROUPS = [
    "module",
    "data",
    "network",
    "layers",
    "activation",
    "optimizer",
    "scheduler",
    "initializer",
    "gradient",
    "accelerator",
    "callbacks",
    "logger",
]

# Keys that mean the same wherever a choice of the group has them. A choice may have others: its own code checks those.
KNOWN: dict[str, Rule] = {
    "optimizer.lr": POSITIVE,
    "optimizer.momentum": SHARE,
    "optimizer.dampening": SHARE,
    "optimizer.weight_decay": NOT_NEGATIVE,
    "optimizer.eps": NOT_NEGATIVE,
    "optimizer.betas": ListOf(SHARE, 2),
    "optimizer.alpha": SHARE,
    "optimizer.rho": SHARE,
    "optimizer.lr_decay": NOT_NEGATIVE,
    "optimizer.nesterov": SWITCH,
    "optimizer.amsgrad": SWITCH,
    "optimizer.centered": SWITCH,
    "scheduler.step_size": Whole(1),
    "scheduler.milestones": ListOf(Whole(1)),
    "scheduler.gamma": POSITIVE,
    "scheduler.factor": Number(0, 1, open_low=True, open_high=True),
    "scheduler.patience": Whole(0),
    "scheduler.threshold": NOT_NEGATIVE,
    "scheduler.min_lr": NOT_NEGATIVE,
    "scheduler.final_fraction": Number(0, 1),
    "scheduler.warmup": Number(0, 1),
    "scheduler.pct_start": Number(0, 1, open_low=True, open_high=True),
    "scheduler.div_factor": POSITIVE,
    "scheduler.final_div_factor": POSITIVE,
    "scheduler.cycle_momentum": SWITCH,
    "scheduler.base_momentum": SHARE,
    "scheduler.max_momentum": SHARE,
    "initializer.bias": Number(also=(None,)),
    "gradient.h": POSITIVE,
    "gradient.every": Whole(1),
    "gradient.entries": Whole(1, also=(None,)),
    "gradient.tolerance": POSITIVE,
    "network.hidden": ListOf(Whole(1)),
    "network.channels": ListOf(Whole(1)),
    "network.blocks": Whole(1),
    "network.grid": Whole(1),
    "network.members": Whole(1),
    "network.dropout": SHARE,
    "network.batch_norm": SWITCH,
    "network.cell": OneOf(("rnn", "gru", "lstm")),
    "network.embedding_size": Whole(1),
    "network.hidden_size": Whole(1),
    "network.num_layers": Whole(1),
    "network.tied": SWITCH,
    "data.batch_size": Whole(1),
    "data.eval_batch_size": Whole(1),
    "data.shuffle": SWITCH,
    "data.drop_last": SWITCH,
    "data.source": OneOf(("auto", "files", "embedded")),
    "data.val_fraction": SHARE,
    "data.target_kind": OneOf(("number", "binary", "class")),
    "data.test_fraction": SHARE,
    "data.target_scale": OneOf(("raw", "standard", "log")),
    "data.train_size": Whole(2, also=(None,)),
    "data.scale": OneOf(("unit", "standard", "raw")),
    "data.size": ListOf(Whole(1), 2),
    "data.grey": SWITCH,
    "data.workers": Whole(1, 64, also=("auto",)),
    "data.bad_photos": OneOf(("refuse", "skip")),
    "data.most_memory": Whole(0),
    "data.score_range": ListOf(Number(), 2, also=(None,)),
    "data.target": Text(also=(None,)),
    "data.file": Text(also=(None,)),
    "data.test_file": Text(also=(None,)),
    "data.index": Text(also=(None,)),
    "data.drop": ListOf(Text()),
    "data.numeric": ListOf(Text()),
    "data.categorical": ListOf(Text()),
    "data.max_categories": Whole(1),
    "data.separator": Text(),
    "data.encoding": Text(),
    "data.header": OneOf(("auto", True, False)),
    "data.columns": ListOf(Text()),
    "data.missing": OneOf(("mean", "median")),
    "data.skewed": OneOf(("log",), also=(None,)),
    "data.clip": Number(0, open_low=True, also=(None,)),
    "data.rare_below": Whole(1, also=(None,)),
    "data.invert": OneOf(("auto", True, False)),
    "data.augment.shift": Whole(0),
    "data.augment.flip": SWITCH,
    "data.augment.cut_out": Whole(0),
    "data.stride": Whole(1, also=(None,)),
    "data.embedded_poems": Whole(1),
    "data.rules.punctuation": OneOf(("drop", "keep")),
    "data.rules.min_length": Whole(1),
    "data.rules.max_length": Whole(1, also=(None,)),
    "data.rules.quatrains": OneOf((5, 7), also=(None,)),
    "data.rules.form_token": SWITCH,
    "data.rules.min_count": Whole(1),
    "data.rules.val_fraction": SHARE,
    "data.rules.test_fraction": SHARE,
    "data.rows": Whole(2),
    "data.noise": NOT_NEGATIVE,
    "data.corpus": Text(also=(None,)),
    "data.unit": OneOf(("word", "character")),
    "data.user_dictionary": Text(also=(None,)),
    "data.new_words": SWITCH,
    "data.stop_words": Text(),
    "data.min_count": Whole(1),
    "data.window": Whole(1),
    "data.subsample": Number(0, 1, open_low=True, also=(None,)),
    "data.embedded_texts": Whole(1),
    "data.start": ListOf(Number(), 2),
    "module.threshold": Number(0, 1, open_low=True, open_high=True),
    "module.objective": OneOf(("auto", "softmax", "negative")),
    "module.softmax_words": Whole(0),
    "module.negatives": Whole(1),
    "module.criterion.reduction": OneOf(("mean", "sum")),
    "module.criterion.label_smoothing": Number(0, 1),
    "accelerator.name": OneOf(("auto", "cpu", "gpu", "mps")),
    "accelerator.memory_format": OneOf(("auto", "contiguous", "channels_last")),
}


def check(config: dict[str, Any]) -> None:
    """Refuses keys that do not exist, that are missing, or whose value has the wrong type or range.

    Args:
        config: resolved, in plain containers.

    Raises:
        UsageError: the first of them, by its full name, with what was expected.
    """
    problem = next(_problems(config), None)
    if problem is not None:
        raise UsageError(problem)


def _problems(config: dict[str, Any]) -> Iterator[str]:
    top = Top()
    yield from _keys("", config, [*_rules(top), *CLOSED, *GROUPS, "learning_rates", "sweep"])
    yield from _values("", config, _rules(top))
    for section, schema in CLOSED.items():
        yield from _keys(f"{section}.", config[section], list(_rules(schema)))
        yield from _values(f"{section}.", config[section], _rules(schema))
    if not isinstance(config["learning_rates"], dict):
        yield f"learning_rates={config['learning_rates']}: must be a group, a rate for each optimizer"
    if not isinstance(config["sweep"], dict):
        yield f"sweep={config['sweep']}: must be a group, a list of values such as 0,1,2 for each key"
    yield from _values("sweep.", config["sweep"], dict.fromkeys(config["sweep"], Text()))
    yield from _values("learning_rates.", config["learning_rates"], dict.fromkeys(config["learning_rates"], POSITIVE))
    if (
        config["trainer"].get("precision") == "16-mixed"
        and config["trainer"].get("gradient_clip_val")
        and _find(config, "optimizer").get("fused")
    ):
        yield "optimizer.fused=True: cannot clip gradients under trainer.precision=16-mixed; set optimizer.fused=false"
    if "h" in _find(config, "gradient") and (
        config["compile"] is True or config["trainer"].get("precision") not in ("32-true", "64-true")
    ):
        yield (
            "gradient: differences evaluate the network itself in float64; with this gradient set compile=false and "
            "trainer.precision=32-true"
        )
    for key, rule in KNOWN.items():
        group, _, name = key.rpartition(".")
        yield from _values(f"{group}.", _find(config, group), {name: rule})


def _rules(schema: Trainer | Monitor | Top) -> dict[str, Rule]:
    return {field.name: getattr(schema, field.name) for field in fields(schema)}


def _keys(prefix: str, section: Any, known: list[str]) -> Iterator[str]:
    if not isinstance(section, dict):
        yield f"{prefix[:-1]}={section!r}: must be a group of keys"
        return
    for key in section:
        if key not in known:
            yield f"{prefix}{key}: no such key; {did_you_mean(str(key), known)}known are {', '.join(sorted(known))}"
    for key in known:
        if key not in section:
            yield f"{prefix}{key}: missing"


def _values(prefix: str, section: dict[str, Any], rules: dict[str, Rule]) -> Iterator[str]:
    for key, rule in rules.items():
        if key in section and not rule.takes(section[key]) and not OneOf(rule.also).takes(section[key]):
            also = "".join(f", or {'null' if other is None else other}" for other in rule.also)
            yield f"{prefix}{key}={section[key]}: must be {rule}{also}"


def _find(config: dict[str, Any], group: str) -> dict[str, Any]:
    """The group of that dotted name, or an empty one."""
    found: Any = config
    for name in group.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
