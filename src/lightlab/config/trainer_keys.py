"""The keys of Lightning's Trainer: names, types and defaults as its signature gives them, each with a check.

`lightning_trainer.json` holds the signature, written by ``make schema``: importing Lightning takes five seconds, and a
slip on the command line is to be answered at once.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lightlab.config.keys import Key
from lightlab.config.rules import SWITCH, AnyOf, Batches, ListOf, MappingOf, Number, OneOf, Part, Rule, Text, Whole

SIGNATURE = Path(__file__).with_name("lightning_trainer.json")
_SIGNATURE: dict[str, dict[str, Any]] = json.loads(SIGNATURE.read_text(encoding="utf-8"))

# The arguments of the Trainer that lightlab gives itself, and what to use instead.
INSTEAD = {
    "accelerator": "lightlab sets it; use accelerator=cpu, gpu, mps or auto",
    "callbacks": "lightlab sets it; use callbacks=[default,early_stopping], or +callbacks.NAME._target_=CLASS",
    "logger": "lightlab sets it; use logger=NAME, or +logger.NAME._target_=CLASS",
    "default_root_dir": "lightlab sets it; use hydra.run.dir=FOLDER",
    "plugins": "lightlab sets it, to write checkpoints whole; choose devices by trainer.strategy",
    "enable_checkpointing": "lightlab sets it; use ~callbacks.best ~callbacks.last",
    "enable_progress_bar": "lightlab sets it; use ~callbacks.progress",
    "enable_model_summary": "lightlab sets it; use ~callbacks.summary",
    "barebones": (
        "it turns off the logging and the checkpoints that a run's results are made of; callbacks=none logger=none is "
        "the leanest run, and benchmarks/ compares with Lightning's floor"
    ),
}

_TIME = AnyOf((Text(40), MappingOf(Whole(0))), also=(None,))
_LIMIT = Batches(open_low=True, also=(None,))

TRAINER = {
    "devices": Key(
        AnyOf((Whole(1, 10**4, also=(-1,)), ListOf(Whole()), Text(200))),
        "how many devices of a machine, or their numbers; -1 and auto: all GPUs. More than one: docs/devices.md",
    ),
    "num_nodes": Key(Whole(1, 10**4), "machines"),
    "strategy": Key(AnyOf((Text(100), Part())), "how several devices work together: auto, ddp, fsdp, or a class"),
    "sync_batchnorm": Key(SWITCH, "batch norm over the batches of all devices"),
    "use_distributed_sampler": Key(
        SWITCH, "give each device its share of a DataLoader's rows; lightlab's own loader always does"
    ),
    "max_epochs": Key(Whole(1, 10**6, also=(-1,)), "passes over the training rows; -1: until max_time or max_steps"),
    "min_epochs": Key(Whole(1, 10**6, also=(None,)), "epochs before which nothing stops the run"),
    "max_steps": Key(Whole(1, also=(-1,)), "optimizer steps at most; -1: as many as the epochs have"),
    "min_steps": Key(Whole(1, also=(None,)), "steps before which nothing stops the run"),
    "max_time": Key(
        _TIME,
        "time after which training stops: DD:HH:MM:SS, or {minutes: 10}",
    ),
    "check_val_every_n_epoch": Key(
        Whole(1, 10**6, also=(None,)), "epochs from one validation to the next; null: val_check_interval counts batches"
    ),
    "val_check_interval": Key(
        AnyOf((Batches(open_low=True), Text(40), MappingOf(Whole(0))), also=(None,)),
        "validations within an epoch: batches from one to the next, a share of the epoch, or a time; null: at its end",
    ),
    "num_sanity_val_steps": Key(
        Whole(0, also=(-1, None)),
        "validation batches tried before training; -1: all; null: 2, and none where lightlab knows the module",
    ),
    "log_every_n_steps": Key(Whole(1), "steps from one point of the step curves to the next"),
    "precision": Key(
        OneOf(
            (
                *("32-true", "bf16-mixed", "16-mixed", "64-true", "bf16-true", "16-true"),
                *("transformer-engine", "transformer-engine-float16"),
            )
        ),
        "floating-point format; bf16-mixed wants a processor that multiplies bfloat16, 16-mixed a GPU",
    ),
    "gradient_clip_val": Key(Number(0, open_low=True, also=(None,)), "gradients are clipped to this; null: not"),
    "gradient_clip_algorithm": Key(OneOf(("norm", "value")), "clip the norm of all gradients, or each value"),
    "accumulate_grad_batches": Key(Whole(1, 10**6), "batches whose gradients are added up for one step"),
    "limit_train_batches": Key(_LIMIT, "training batches of an epoch; null: all"),
    "limit_val_batches": Key(Batches(also=(None,)), "batches of a validation; null: all"),
    "limit_test_batches": Key(Batches(also=(None,)), "batches of the test; null: all"),
    "limit_predict_batches": Key(Batches(also=(None,)), "batches of Lightning's predict; null: all"),
    "overfit_batches": Key(Batches(), "training and validation batches, the same ones in every epoch; 0: off"),
    "fast_dev_run": Key(
        AnyOf((SWITCH, Whole(0, 10**6))), "try everything with this many batches in one epoch; true: 1"
    ),
    "deterministic": Key(
        OneOf((True, False, "warn")), "refuse operations whose result varies from run to run; or warn"
    ),
    "benchmark": Key(OneOf((True, False), also=(None,)), "let cuDNN try its algorithms and take the fastest"),
    "inference_mode": Key(SWITCH, "evaluate in torch.inference_mode; false: in no_grad"),
    "detect_anomaly": Key(SWITCH, "find the operation that made a NaN in the backward pass; slow"),
    "profiler": Key(
        OneOf(("simple", "advanced", "pytorch"), also=(None,)), "measure where the time goes, and print it at the end"
    ),
    "reload_dataloaders_every_n_epochs": Key(Whole(), "epochs after which loaders are made anew; 0: never"),
    "enable_autolog_hparams": Key(SWITCH, "let Lightning log the module's hyperparameters"),
    "model_registry": Key(Text(also=(None,)), "name in Lightning's model registry"),
}

_KINDS: dict[str, Rule] = {"bool": SWITCH, "int": Whole(-(10**9)), "float": Number(), "str": Text()}


def _of_signature(entry: dict[str, Any]) -> Key:
    """Returns the key of an argument that only a later Lightning has."""
    rules = tuple(_KINDS[kind] for kind in entry["types"] if kind in _KINDS)
    rule: Rule = AnyOf((*rules, Part(), MappingOf(), ListOf(Text())), also=(None,))
    return Key(rule, "an argument of Lightning's Trainer")


TRAINER |= {
    name: _of_signature(entry) for name, entry in _SIGNATURE.items() if name not in TRAINER and name not in INSTEAD
}


def refused_keys(trainer: dict[str, Any]) -> Iterator[str]:
    """Yields an error for each argument of the Trainer that lightlab gives itself."""
    for name in INSTEAD.keys() & trainer.keys():
        yield f"trainer.{name}: {INSTEAD[name]}"


def combinations(config: dict[str, Any]) -> Iterator[str]:
    """Yields what cannot go together among values of ``trainer`` that are valid by themselves."""
    trainer = config["trainer"]
    on = {name: value for name, value in trainer.items() if value not in (None, False, 0, "")}
    endless = trainer["max_epochs"] == -1
    if endless and trainer["max_steps"] == -1 and "max_time" not in on:
        yield "trainer.max_epochs=-1: never ends; set trainer.max_steps or trainer.max_time (00:00:10:00: ten minutes)"
    if "fast_dev_run" in on and "overfit_batches" in on:
        yield "trainer.fast_dev_run and trainer.overfit_batches each choose the batches; set one of them"
    if "overfit_batches" in on and any(trainer[f"limit_{split}_batches"] is not None for split in ("train", "val")):
        yield (
            "trainer.overfit_batches sets limit_train_batches and limit_val_batches; leave these at null, or "
            "overfit_batches at 0"
        )
    if trainer["check_val_every_n_epoch"] is None and not isinstance(trainer.get("val_check_interval"), int):
        yield "trainer.check_val_every_n_epoch=null: then trainer.val_check_interval must be a number of batches"
    if trainer["deterministic"] is True and trainer.get("benchmark"):
        yield "trainer.benchmark=True lets cuDNN choose by time, which trainer.deterministic=True forbids; set one"
    for low, high in (("min_epochs", "max_epochs"), ("min_steps", "max_steps")):
        if on.get(low, 0) > trainer[high] > 0:
            yield f"trainer.{low}={on[low]}: is more than trainer.{high}={trainer[high]}"
    yield from _across_devices(config, on)


def _across_devices(config: dict[str, Any], on: dict[str, Any]) -> Iterator[str]:
    strategy, device = str(on.get("strategy", "auto")), (config["accelerator"] or {}).get("name")
    if "spawn" in strategy or "fork" in strategy or strategy == "ddp_notebook":
        yield f"trainer.strategy={strategy}: copies this process, which holds the run's files; use trainer.strategy=ddp"
    if "fsdp" in strategy.lower() and device in ("cpu", "mps"):
        yield f"trainer.strategy=fsdp: FSDP needs CUDA GPUs, accelerator={device} has none; use trainer.strategy=ddp"
    if not several(config):
        return
    if config["folds"]:
        yield "folds: a cross-validation trains its runs one after another on one device; set trainer.devices=1"
    if "h" in (config["gradient"] or {}):
        yield "gradient: differences are not averaged over devices; set gradient=autograd or trainer.devices=1"


def several(config: dict[str, Any]) -> bool:
    """Whether a config asks for more than one process; ``auto`` may, as far as can be told before torch is there."""
    trainer = config["trainer"]
    devices = trainer.get("devices", 1)
    many = len(devices) > 1 if isinstance(devices, list) else devices != 1 and str(devices) not in ("1", "0,", "auto")
    return many or trainer.get("num_nodes", 1) > 1
