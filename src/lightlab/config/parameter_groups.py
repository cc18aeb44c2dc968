"""Checks ``optimizer.groups`` before torch is imported."""

from collections.abc import Iterator
from typing import Any

from lightlab.config.learning_keys import OPTIMIZER
from lightlab.config.rules import SWITCH, Text
from lightlab.errors import did_you_mean, shortened


def group_problems(optimizer: dict[str, Any]) -> Iterator[str]:
    """Yields what is wrong with the groups of an optimizer's config, each of which is a mapping."""
    options = [key for key in optimizer if not key.startswith("_") and key != "groups"]
    for number, group in enumerate(optimizer.get("groups") or []):
        name = f"optimizer.groups[{number}]"
        if "match" not in group:
            yield f"{name}: lacks match, the names of its parameters, such as match: features.*"
        for key, value in group.items():
            rule = {"match": Text(), "frozen": SWITCH}.get(key) or (OPTIMIZER[key].rule if key in OPTIMIZER else None)
            if key not in ("match", "frozen", *options):
                known = ["match", "frozen", *options]
                yield f"{name}.{key}: no such key; {did_you_mean(str(key), known)}known are {', '.join(known)}"
            elif rule and not rule.takes(value):
                yield f"{name}.{key}={shortened(value)}: {rule.refusal(value)}"
        if not group.keys() - {"match"}:
            yield f"{name}: says nothing about {group.get('match')}; add lr: or frozen: true"
        if group.get("frozen") and group.keys() - {"match", "frozen"}:
            yield f"{name}: is frozen, so {', '.join(sorted(group.keys() - {'match', 'frozen'}))} has no effect"
