"""Reads overrides by Hydra's grammar, and says in plain words what is wrong with one that it does not take."""

import re
from collections.abc import Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep
from hydra.errors import HydraException

from lightlab.errors import UsageError, shortened

_LONGEST = 50_000  # characters; longer ones take seconds to parse
_MOST_STEPS = 1_000_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NAME = re.compile(r"[+~]*[\w$@./:-]*", re.ASCII)


def quote(value: str) -> str:
    """Quotes a text for Hydra's override grammar, which reads it back unchanged.

    Within quotes a backslash stands for itself, except before a quote.
    """
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", value)
    escaped = re.sub(r"(\\+)$", r"\1\1", escaped)
    return f"'{escaped}'"


def parses(argument: str) -> bool:
    """Whether Hydra's grammar takes an override as it stands; what `parsed` refuses anyway is left to it."""
    try:
        if _flaw(argument) is None:
            OverridesParser.create().parse_override(argument)
    except HydraException:
        return False
    except (ValueError, RecursionError):
        pass
    return True


def parsed(overrides: Sequence[str]) -> list[Override]:
    """Parses overrides by Hydra's grammar.

    Raises:
        UsageError: the grammar does not take one of them, or one is too long, too deep or too wide.
    """
    parser = OverridesParser.create()
    return [_parsed(text, parser) for text in overrides]


def _parsed(text: str, parser: OverridesParser) -> Override:
    flaw = _flaw(text)
    if flaw is None:
        try:
            override = parser.parse_override(text)
            flaw = _flaw_of_range(override)
        except HydraException:
            flaw = _misread(text)
        except ValueError:  # Python's limit on the digits of a number
            flaw = "holds a number of too many digits"
        except RecursionError:
            flaw = "is nested too deeply"
    if flaw is None:
        return override
    raise UsageError(f"{shortened(text)}: {flaw}")


def _flaw(text: str) -> str | None:
    """Returns what is wrong with an override before its grammar is looked at."""
    if len(text) > _LONGEST:
        return f"is longer than {_LONGEST} characters; put long values into a YAML file and add it with --config-dir"
    if match := _CONTROL.search(text):
        return f"character {match.start() + 1} is a control character"
    key, equals, _ = text.partition("=")
    if not key.strip("+~@ \t\n"):
        return "names no key; write GROUP=CHOICE or KEY=VALUE (--help)" if text.strip() else "an empty argument"
    return None if equals or key.startswith("~") else _misread(text)


def _misread(text: str) -> str:
    key, equals, _ = text.partition("=")
    match = _NAME.match(key)
    end = match.end() if match else 0
    if end < len(key):
        return f"character {end + 1}, {key[end]!r}, cannot stand in the name of a key; write KEY=VALUE (--help)"
    if not equals and not key.startswith("~"):
        return "sets nothing; write GROUP=CHOICE or KEY=VALUE (--help)"
    if re.search(r"[=,]\s*(,|$)", text):
        return "no value stands beside a comma; quote a text that holds commas: \"KEY='A,B'\""
    return "not an override; write GROUP=CHOICE or KEY=VALUE, and \"KEY='VALUE'\" for a value with signs (--help)"


def _flaw_of_range(override: Override) -> str | None:
    value = override.value()
    if not isinstance(value, RangeSweep) or value.start is None or value.stop is None:
        return None
    if value.step == 0:
        return "a range whose step is 0"
    steps = (value.stop - value.start) / value.step
    return None if steps <= _MOST_STEPS else f"a range of more than {_MOST_STEPS} values"
