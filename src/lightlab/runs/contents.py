"""What a checkpoint must hold, checked before anything is built from it or changed by it."""

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any

import torch
from torch import Tensor, nn

from lightlab.config.rules import (
    POSITIVE,
    SWITCH,
    ListOf,
    MappingOf,
    Number,
    OneOf,
    Rule,
    Text,
    Whole,
    problem_of,
)
from lightlab.errors import DataError, shortened
from lightlab.spec import Spec

MOST_VALUES = 50_000_000  # in the containers of a checkpoint; its tensors apart
MOST_INPUTS = 2**26  # numbers of one example
DEEPEST = 100  # containers inside each other
_PLAIN = (bool, int, float, complex, str, bytes)
_COUNT = Whole(0, 2**63 - 1)
_NAME = Text(also=("",))
_SIZE = Whole(1, 2**31 - 1)

FORM: dict[str, Rule] = {
    "lightlab.format": OneOf((1,)),
    "lightlab.config.name": Text(),
    "lightlab.spec": MappingOf(),
    "lightlab.preparation": MappingOf(),
    "state_dict": MappingOf(),
    "epoch": _COUNT,
    "global_step": _COUNT,
}
SPEC_FORM: dict[str, Rule] = {
    "name": Text(),
    "input_shape": ListOf(_SIZE),
    "output_size": _SIZE,
    "target": OneOf(("number", "binary", "class", "token", "word", "surface")),
    "class_names": ListOf(_NAME),
    "input_names": ListOf(_NAME),
    "target_name": _NAME,
    "target_scale.log": SWITCH,
    "target_scale.mean": Number(),
    "target_scale.std": POSITIVE,
    "positive_target": SWITCH,
    "vocabulary": ListOf(_NAME),
    "counts": ListOf(_COUNT),
    "true_parameters": MappingOf(ListOf(Number())),
    "start": ListOf(Number()),
}
RESUMED_FORM: dict[str, Rule] = {
    "stopped": SWITCH,
    "epoch_is_over": SWITCH,
    "loops.fit_loop": MappingOf(),
    "callbacks": MappingOf(),
    "optimizer_states": ListOf(MappingOf()),
    "lr_schedulers": ListOf(MappingOf()),
}
SUPERVISED_FORM: dict[str, Rule] = {  # what a run of lightlab's own modules holds beside them
    "steps": _COUNT,
    "train_loss": MappingOf(),
    "optimizer_states": ListOf(MappingOf(), 1),
}


def refused(path: Path, problem: str) -> DataError:
    """The error for a checkpoint that is readable and whole, and whose contents cannot be used."""
    return DataError(f"{path}: damaged or edited: {problem}; use the run's other checkpoint")


def check_form(path: Path, contents: Any, form: Mapping[str, Rule]) -> None:
    """Raises `DataError` for the first key that is missing or does not follow its rule."""
    if problem := problem_of(contents, form):
        raise refused(path, problem)


def check_extent(path: Path, contents: Any) -> None:
    """Refuses containers that refer to each other so often that walking them would never end."""
    level, values = [contents], 0
    for _ in range(DEEPEST):
        level = [item for container in level for item in _items(container) if isinstance(item, (dict, list, tuple))]
        values += sum(map(len, level))
        if not level:
            return
        if values > MOST_VALUES:
            break
    raise refused(path, f"more than {MOST_VALUES:,} values, or {DEEPEST} containers inside each other")


def is_plain(value: Any) -> bool:
    """Whether a checkpoint can hold a value: a tensor, a number, text, or containers of them."""
    if isinstance(value, (dict, list, tuple)) and type(value) in (dict, list, tuple, OrderedDict):
        return all(map(is_plain, _items(value))) and (not isinstance(value, dict) or all(map(is_plain, value)))
    return isinstance(value, (Tensor, torch.dtype, torch.device, NoneType)) or type(value) in _PLAIN


def _items(container: Any) -> Any:
    return container.values() if isinstance(container, dict) else container


def read_spec(path: Path, record: dict[str, Any]) -> Spec:
    """Returns the spec of a checkpoint's record.

    Raises:
        DataError: a field is missing, has another type or range, or contradicts another or the config.
    """
    check_form(path, record["spec"], SPEC_FORM)
    try:
        spec = Spec.from_plain(record["spec"])
    except TypeError as error:
        raise refused(path, f"its spec: {error}") from None
    if problem := _contradiction(spec, record["config"]):
        raise refused(path, f"its spec: {problem}")
    return spec


def _contradiction(spec: Spec, config: Any) -> str:
    names, words, outputs = len(spec.class_names), len(spec.vocabulary), spec.output_size
    expected = {"class": names, "token": words, "word": words, "surface": 2}.get(spec.target, 1)
    data = config.get("data")
    if outputs != expected:
        return f"output_size is {outputs:,}; its {spec.target} target has {expected:,}"
    if spec.target == "binary" and names not in (0, 2):
        return f"{names} class_names of a binary target"
    if len(spec.counts) not in (0, words):
        return f"{len(spec.counts):,} counts of {words:,} words"
    if len(spec.input_names) not in (0, spec.input_shape[0] if len(spec.input_shape) == 1 else 0):
        return f"{len(spec.input_names):,} input_names of inputs {spec.input_shape}"
    if len(spec.input_shape) not in (1, 3) or math.prod(spec.input_shape) > MOST_INPUTS:
        return f"input_shape is {spec.input_shape}"
    if not isinstance(data, dict) or data.get("name", spec.name) != spec.name:
        return f"its data is named {spec.name}, that of the config otherwise"
    return ""


def misfit(weights: Mapping[str, Any], module: nn.Module) -> str:
    """Returns which weight has no place in `module`, or another shape or kind there; empty if all fit.

    Args:
        weights: tensors by name, as `nn.Module.state_dict` gives them.
        module: stays as it is; may be on the meta device.
    """
    expected = module.state_dict()
    issues = ((name, misfit_of(weights.get(name), expected.get(name))) for name in [*expected, *weights])
    return next((f"{name} {issue}" for name, issue in issues if issue), "")


def check_weights(path: Path, weights: Mapping[str, Any], module: nn.Module) -> None:
    """Raises `DataError` for weights that do not fit the network of the checkpoint's own config."""
    if issue := misfit(weights, module):
        raise refused(path, f"its weights do not fit its network: {issue}")


def check_finite(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Raises `DataError`, which names the weight and counts its values, for infinite ones and NaN."""
    for name, weight in weights.items():
        if count := int((~weight.isfinite()).sum()):
            values = "1 value that is" if count == 1 else f"{count:,} values that are"
            raise DataError(
                f"{path}: {name} holds {values} not finite: the run has diverged; use its other checkpoint, or train "
                "with a lower optimizer.lr"
            )


def misfit_of(weight: Any, expected: Tensor | None) -> str:
    """Returns how a weight differs from the one that it is to replace, in a few words; empty if it fits."""
    if expected is None:
        return "is not one of its weights"
    if weight is None:
        return "is missing"
    if not isinstance(weight, Tensor) or weight.layout != torch.strided or weight.is_meta or weight.is_quantized:
        return f"is {shortened(type(weight).__name__)}, not a plain tensor"
    if weight.shape != expected.shape:
        return f"has shape {tuple(weight.shape)}, expected {tuple(expected.shape)}"
    if _kind(weight) != _kind(expected):
        return f"holds {weight.dtype}, expected {expected.dtype}"
    return ""


def _kind(tensor: Tensor) -> tuple[bool, bool]:
    return tensor.is_floating_point(), tensor.is_complex()


def unlike(saved: Any, example: Any, name: str) -> str:
    """Returns where a saved state differs in its structure from an example; empty if it does not.

    Mappings must have the example's keys, sequences its length, tensors its shape and kind; numbers must be finite
    where the example's are. What is empty or None in the example may hold anything of its type.
    """
    if example is None or saved is None:
        plain = isinstance(saved, (bool, int, float, str, Tensor, type(None)))
        return "" if plain and (example is None or saved is not None) else _differs(saved, example, name)
    if isinstance(example, Tensor):
        issue = misfit_of(saved, example) if isinstance(saved, Tensor) else _differs(saved, example, "")
        return f"{name} {issue.strip()}" if issue else ""
    if isinstance(example, (int, float)) and not isinstance(example, bool):
        return "" if _is_alike(saved, example) else _differs(saved, example, name)
    if isinstance(example, dict) and isinstance(saved, dict):
        missing = [f"{name}.{key} is missing" for key in example if key not in saved]
        parts = ((saved[key], example[key], f"{name}.{key}") for key in example if key in saved)
        return next(iter(missing), "") or next(filter(None, (unlike(*part) for part in parts)), "")
    if isinstance(example, (list, tuple)) and type(saved) is type(example):
        if example and len(saved) != len(example):
            return f"{name} has {len(saved)} items, expected {len(example)}"
        pairs: Sequence[Any] = list(zip(saved, example, strict=False))
        return next(filter(None, (unlike(a, b, f"{name}[{place}]") for place, (a, b) in enumerate(pairs))), "")
    return "" if type(saved) is type(example) else _differs(saved, example, name)


def _differs(saved: Any, example: Any, name: str) -> str:
    return f"{name} is {shortened(saved)}, expected something like {shortened(example)}"


def _is_alike(saved: Any, example: float) -> bool:
    if isinstance(saved, bool) or not isinstance(saved, (int, float)):
        return False
    if isinstance(example, int) and not (isinstance(saved, int) and abs(saved) < 2**63):
        return isinstance(saved, float) and saved.is_integer()
    return abs(saved) < float("inf") or abs(example) == float("inf")
