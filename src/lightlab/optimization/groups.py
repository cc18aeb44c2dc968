"""Groups of parameters with a learning rate of their own, and frozen ones: ``optimizer.groups``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from torch import nn
from torch.optim import Optimizer

from lightlab.errors import UsageError, did_you_mean, shortened

Named = tuple[str, nn.Parameter]
Group = Mapping[str, Any]
MOST_NAMES = 20  # in a message
_OWN = ("match", "frozen")


def matches(name: str, pattern: str) -> bool:
    """Whether a parameter has this name, stands in the part of that name, or fits its wildcards ``*``, ``?``.

    The pattern may leave out the leading ``network.``: ``head`` matches ``network.head.weight``.
    """
    patterns = (pattern, f"{pattern}.*", f"network.{pattern}", f"network.{pattern}.*")
    return any(fnmatchcase(name, each) for each in patterns)


def check_pattern(key: str, pattern: str, names: Iterable[str]) -> None:
    """Raises `UsageError`, with the parts that exist, for a pattern that matches none of the names."""
    names = list(names)
    if any(matches(name, pattern) for name in names):
        return
    parts = list(dict.fromkeys(name.rpartition(".")[0].removeprefix("network.") for name in names))
    listed = ", ".join(parts[:MOST_NAMES]) + (", …" if len(parts) > MOST_NAMES else "")
    raise UsageError(
        f"{key}={shortened(pattern)}: matches no parameter; {did_you_mean(pattern, parts)}there are {listed}"
    )


def divided(groups: Sequence[Group], parameters: Sequence[Named]) -> list[tuple[Group, list[Named]]]:
    """Returns the parameters of each group, and before them the rest with an empty group.

    A parameter belongs to the first group that it matches.
    """
    of_group: list[list[Named]] = [[] for _ in range(len(groups) + 1)]
    for name, parameter in parameters:
        place = next((n for n, group in enumerate(groups, 1) if matches(name, group["match"])), 0)
        of_group[place].append((name, parameter))
    return list(zip([{}, *groups], of_group, strict=True))


def freeze(module: nn.Module, groups: Sequence[Group]) -> None:
    """Takes the parameters of frozen groups out of training; `module.train()` is called anew.

    Raises:
        UsageError: a pattern matches no parameter, or nothing is left to train.
    """
    parameters = list(module.named_parameters())
    for number, group in enumerate(groups):
        check_pattern(f"optimizer.groups[{number}].match", group["match"], [name for name, _ in parameters])
    for group, members in divided(groups, parameters):
        for _, parameter in members if group.get("frozen") else ():
            parameter.requires_grad_(False)
    if not any(parameter.requires_grad for _, parameter in parameters):
        raise UsageError("optimizer.groups: every parameter is frozen, so there is nothing to train")
    module.train()


def described(groups: Sequence[Group], module: nn.Module) -> str:
    """Returns what each group holds, in one line."""
    parts = []
    for group, members in divided(groups, list(module.named_parameters())):
        count = sum(parameter.numel() for _, parameter in members)
        options = ", ".join(f"{key} {value}" for key, value in group.items() if key not in _OWN)
        how = "frozen" if group.get("frozen") else options or "the optimizer's own settings"
        if members:
            parts.append(f"{group.get('match', 'the rest')}: {count:,} weights, {how}")
    return "; ".join(parts)


def grouped(make: Callable[..., Optimizer], groups: Sequence[Group]) -> Callable[..., Optimizer]:
    """Returns an optimizer's factory that gives each group its own options and leaves frozen parameters out.

    Args:
        make: ``(named parameters) -> Optimizer``.
        groups: each ``match``, and ``frozen`` or options of the optimizer such as ``lr``.
    """

    def make_grouped(parameters: Iterable[Named]) -> Optimizer:
        trained = [(name, parameter) for name, parameter in parameters if parameter.requires_grad]
        return make(
            [
                {"params": members, **{key: value for key, value in group.items() if key not in _OWN}}
                for group, members in divided(groups, trained)
                if members
            ]
        )

    return make_grouped
