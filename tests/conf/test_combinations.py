"""Every optimizer, scheduler, initializer and activation trains every task's network, each pair of them somewhere.

What fits what is read from the parts: a new file in `conf` is covered without a change here.
"""

import json
import math
import warnings
from collections.abc import Iterator
from functools import cache
from itertools import combinations, cycle, product
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra.utils import get_class, instantiate
from lightning.pytorch import Trainer
from omegaconf import OmegaConf

from lightlab.config.composition import Groups, composed
from lightlab.config.instantiation import instantiate_parts, part
from lightlab.data.base import ResidentDataModule
from lightlab.errors import UsageError
from lightlab.networks.layers import widening
from lightlab.networks.shapes import KINDS, input_kind
from lightlab.optimization.schedulers import RunLength
from lightlab.training.building import LEARNER, NETWORK, build_data, build_module, build_network, try_out

CONF = Path(__file__).parents[2] / "conf"
FACTORS = ["initializer", "activation", "optimizer", "scheduler"]


def all_choices(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def has_own_network(task: str) -> bool:
    """Whether a task picks a network or a module; a variant that inherits both trains the same parts."""
    defaults = OmegaConf.load(CONF / "task" / f"{task}.yaml").defaults
    groups = [str(key) for entry in defaults if not isinstance(entry, str) for key in entry]
    return any(group.endswith(("/network", "/module")) for group in groups)


TASKS = [task for task in all_choices("task") if has_own_network(task)]


@cache
def content(group: str, choice: str) -> Any:
    """A group's file with the files that it inherits from, interpolations as they stand."""
    own = OmegaConf.load(CONF / group / f"{choice}.yaml")
    bases = [base for base in own.pop("defaults", []) if base != "_self_"]
    return OmegaConf.merge(*(content(group, base) for base in bases), own)


@cache
def choices(group: str) -> list[str]:
    """A group's files; hand-written optimizers stand for their counterparts, and have a test of their own."""
    return [each for each in all_choices(group) if not content(group, each)._target_.startswith("lightlab.scratch.")]


def targets(node: Any) -> Iterator[str]:
    """Yields every ``_target_`` in a config."""
    if isinstance(node, dict):
        yield from ([node["_target_"]] if "_target_" in node else [])
        node = list(node.values())
    for value in node if isinstance(node, list) else []:
        yield from targets(value)


@cache
def explodes(initializer: str) -> bool:
    """Whether each layer of these weights multiplies its input by more than 10: five are too many for a float32."""
    layer = torch.nn.Linear(256, 256)
    part({"initializer": OmegaConf.to_container(content("initializer", initializer))}, "initializer")(layer)
    return bool((layer(torch.ones(256)).abs() > 10).all())


@cache
def covering_array() -> list[dict[str, str]]:
    """Rows in which each pair of choices of two factors stands at least once; greedy, with the two largest crossed."""
    levels = {factor: choices(factor) for factor in FACTORS}
    first, second, *others = FACTORS
    missing = {((a, x), (b, y)) for a, b in combinations(FACTORS, 2) for x, y in product(levels[a], levels[b])}
    rows = []
    for x, y in product(levels[first], levels[second]):
        row = {first: x, second: y}
        for factor in others:
            row[factor] = max(levels[factor], key=lambda level: len(_pairs({**row, factor: level}) & missing))
        missing -= _pairs(row)
        rows.append(row)
    while missing:
        pair = dict(min(missing))
        row = {factor: pair.get(factor, levels[factor][0]) for factor in FACTORS}
        missing -= _pairs(row)
        rows.append(row)
    return rows


def _pairs(row: dict[str, str]) -> set[tuple[tuple[str, str], tuple[str, str]]]:
    return set(combinations(((factor, row[factor]) for factor in FACTORS if factor in row), 2))


@pytest.fixture(autouse=True)
def parts_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The array asks for the same few factories thousands of times, and Hydra takes longer than the two batches."""
    made: dict[str, Any] = {}

    def once(part: Any, **options: Any) -> Any:
        key = json.dumps([part, options])
        if key not in made:
            made[key] = instantiate(part, **options)
        return made[key]

    monkeypatch.setattr("hydra.utils.instantiate", once)


def test_the_array_covers_every_pair() -> None:
    covered = set().union(*map(_pairs, covering_array()))
    for a, b in combinations(FACTORS, 2):
        assert covered >= {((a, x), (b, y)) for x, y in product(choices(a), choices(b))}


@pytest.mark.parametrize("task", TASKS)
def test_two_batches_of_every_pair_give_a_finite_loss(task: str, tmp_path: Path) -> None:
    config, data = task_on_embedded_data(task)
    parts = {factor: {choice: _group(config, factor, choice) for choice in choices(factor)} for factor in FACTORS}
    failed = {}
    for row in covering_array():
        chosen = config | {factor: parts[factor][choice] for factor, choice in row.items()}
        try:
            losses = two_batches(chosen, data, tmp_path)
        except UsageError:
            assert widening(part(chosen, "activation")) > 1  # more numbers do not fit into a residual block
            continue
        if not math.isfinite(losses[0]) or (not math.isfinite(losses[-1]) and not explodes(row["initializer"])):
            failed[tuple(row.values())] = losses
    assert not failed


@pytest.mark.parametrize("task", TASKS)
def test_two_batches_on_hand_written_layers_under_each_hand_written_optimizer(task: str, tmp_path: Path) -> None:
    config, data = task_on_embedded_data(task)
    by_hand = sorted(set(all_choices("optimizer")) - set(choices("optimizer")))
    for optimizer, scheduler in zip(by_hand, cycle(choices("scheduler")), strict=False):
        row = {"layers": "scratch", "optimizer": optimizer, "scheduler": scheduler}
        chosen = config | {group: _group(config, group, choice) for group, choice in row.items()}
        losses = two_batches(chosen, data, tmp_path)
        assert all(map(math.isfinite, losses)), (optimizer, losses)


def task_on_embedded_data(task: str) -> tuple[dict[str, Any], ResidentDataModule]:
    """A task's config, and its data loaded; what makes a step long or the data large is small."""
    config = composed([f"task={task}", "logger=csv"], Groups([CONF]))
    if "source" in config["data"]:
        config["data"] |= {"source": "embedded", "train_size": 16}
    if "count" in (config["data"].get("synthetic") or {}):
        config["data"]["synthetic"]["count"] = 200
    if "synthetic_test" in config["data"]:
        config["data"]["synthetic_test"] = 50
    if config["data"].get("size") == [64, 64]:
        config["data"]["size"] = [32, 32]
    config["data"]["batch_size"] = min(4, config["data"]["batch_size"])
    config["network"] |= {size: 16 for size in ("embedding_size", "hidden_size") if size in config["network"]}
    data = build_data(config)
    data.setup()
    return config, data


def two_batches(chosen: dict[str, Any], data: ResidentDataModule, folder: Path) -> list[float]:
    parts = instantiate_parts(chosen, LEARNER)
    network = build_network(parts, data.spec)
    parts.initializer()(network)
    try_out(network, parts.activation, data.example())
    how = {group: getattr(parts, group) for group in ("optimizer", "scheduler", "gradient")}
    module = build_module(parts, data.spec, network, **how, run_length=RunLength(2, 2))
    losses: list[float] = []
    module.on_train_batch_end = lambda outputs, batch, batch_idx: losses.append(float(outputs["loss"]))  # type: ignore[method-assign, misc, assignment]
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=2 if len(data.train_dataloader()) == 1 else 1,
        limit_train_batches=2,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(module, datamodule=data)
    return losses


def _group(config: dict[str, Any], group: str, choice: str) -> Any:
    """A group's file, resolved as on this task."""
    whole = OmegaConf.create(config | {group: content(group, choice)})
    return OmegaConf.to_container(whole[group], resolve=True)


@pytest.mark.parametrize("task", TASKS)
def test_every_network_builds_and_runs_on_every_task_that_it_fits(task: str) -> None:
    config, data = task_on_embedded_data(task)
    for choice in choices("network"):
        chosen = config | {"network": _group(config, "network", choice)}
        parts = map(get_class, targets(chosen["network"]))
        if all(input_kind(data.spec) in part.input_kinds for part in parts if hasattr(part, "input_kinds")):
            output = build_network(instantiate_parts(chosen, NETWORK), data.spec).eval()(data.example())
            logits = output[0] if isinstance(output, tuple) else output
            assert (len(logits), logits.shape[-1]) == (len(data.example()), data.spec.output_size)
        else:
            with pytest.raises(UsageError, match=r"network \w+ takes "):  # an ensemble's comes from its members
                build_network(instantiate_parts(chosen, NETWORK), data.spec)


@pytest.mark.parametrize("choice", all_choices("network"))
def test_every_network_lists_its_input_kinds(choice: str) -> None:
    parts = map(get_class, targets(OmegaConf.to_container(content("network", choice))))
    kinds = [kind for part in parts for kind in getattr(part, "input_kinds", ())]
    assert kinds and set(kinds) <= set(KINDS)
