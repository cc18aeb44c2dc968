"""States what a comparison shows, in sentences with numbers, and whether the seeds support it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lightlab.report.comparison import Comparison
from lightlab.report.configurations import Configuration
from lightlab.report.words import Say, alike, as_number, chance, mean_and_deviation, plain, short

SIGNIFICANT = 0.05
_MOST_NAMED = 8  # values of a key that are listed one by one


def compared(comparison: Comparison, say: Say) -> str:
    """What was set against what: ``optimizer (sgd, adam) × activation (relu, tanh)``."""
    keys = [f"{say(key) if key == 'data found' else key} ({_values(comparison, key, say)})" for key in comparison.keys]
    counts = {"k": len(comparison.configurations), "n": len(comparison.runs), "metric": comparison.metric}
    order = say("higher is better") if comparison.larger_is_better else say("lower is better")
    what = " × ".join(keys)
    text = "Compared: {what}: {k} configurations, {n} runs, judged by {metric} ({order}) at each run's best epoch."
    if not keys:
        text = "Runs of the same settings: {n}, judged by {metric} ({order}) at the best epoch of each."
    return say(text, what=what, order=order, **counts)


def answer(comparison: Comparison, say: Say) -> str:
    """Which is better, in one sentence."""
    scored = comparison.scored
    if not scored:
        return say("No run has finished with a value of {metric}, so nothing can be ranked.", metric=comparison.metric)
    values = {"metric": comparison.metric, "best": scored[0].label, "a": _score(scored[0]), "n": len(scored[0].scores)}
    if len(scored) == 1:
        values["best"] = scored[0].label or comparison.task
        alone = len(comparison.configurations) == 1
        return say(_ALONE if alone else _ONE_LEFT, **values)
    best, second = scored[:2]
    values |= {"second": second.label, "b": _score(second), "m": len(second.scores)}
    test = comparison.test
    if test is not None:
        sign = 1 if best.mean > second.mean else -1  # so that the interval is of how much better the best is
        low, high = sorted((sign * test.low, sign * test.high))
        values |= dict(zip(("d", "low", "high"), alike(abs(best.mean - second.mean), low, high), strict=True))
        values["p"] = chance(test.p)
        return say(_BETTER if test.p < SIGNIFICANT else _UNCLEAR, **values)
    if best.mean == second.mean:
        return say("No difference between {best} and {second}: both reach {metric} {a}.", **values)
    return say(_ONE_RUN if min(values["n"], values["m"]) < 2 else _NO_SPREAD, **values)  # type: ignore[call-overload]


def caveats(comparison: Comparison, say: Say) -> Iterator[str]:
    """What the reader should bear in mind with the answer."""
    scored = comparison.scored
    if len(scored) > 2:
        yield say("Last of those that finished: {last}, {c}.", last=scored[-1].label, c=_score(scored[-1]))
    outcomes = Counter(run.outcome for run in comparison.runs if run.outcome != "done")
    if outcomes:
        told = ", ".join(f"{count} {say(outcome)}" for outcome, count in outcomes.items())
        yield say("Not all runs are done: {told} (see the table of runs).", told=told)
    if comparison.test and min(len(each.scores) for each in scored[:2]) < 5:
        yield say("Few seeds prove little: so small a sample tells only large differences from chance.")
    tested = scored and any(
        name.endswith("/test") and name != comparison.metric for name in scored[0].judged[0].metrics
    )
    if len(scored) > 2 and tested:
        text = "The best of {k} was picked by {metric}, which flatters it a little: its test value is the fairer one."
        yield say(text, k=len(scored), metric=comparison.metric)
    for text, values in comparison.remarks:
        yield say(text, **values)


def facts(comparison: Comparison, say: Say) -> str:
    """What the numbers were measured on."""
    runs = comparison.runs
    found = {
        "data": [run.metrics.get("data") for run in runs],
        "device": [run.environment.get("device") for run in runs],
        "commit": [run.environment.get("commit") for run in runs],
    }
    told = {name: dict.fromkeys(each for each in values if isinstance(each, str)) for name, values in found.items()}
    return " · ".join(f"{say(name)}: {', '.join(values)}" for name, values in told.items() if len(values) == 1)


def note(comparison: Comparison, say: Say) -> str:
    """How the table of configurations is read."""
    texts = ["Values are means ± standard deviation over n runs, each at its best epoch by the monitored metric."]
    if not comparison.metric.endswith("/test"):
        texts.append("Columns that end in /test are shown, but pick and sort nothing.")
    if comparison.score is not None and not comparison.score_is_given:
        texts.append("The score whose epochs and time are told is what the median configuration reaches.")
    if len(comparison.scored) > 1:
        texts.append("Only the best two are tested (Welch's t-test): of many tests some come out by chance.")
    return " ".join(say(text) for text in texts)


_BETTER = (
    "{best} is better than {second}: {metric} {a} against {b} (n = {n} and {m}; difference {d}, "
    "95 % interval {low} to {high}, Welch's t-test {p})."
)
_UNCLEAR = (
    "No clear difference between {best} and {second}: {metric} {a} against {b} (n = {n} and {m}; difference {d}, "
    "95 % interval {low} to {high}, Welch's t-test {p})."
)
_ALONE = "{best} reaches {metric} {a} (n = {n}); there is nothing else to compare it with."
_ONE_LEFT = "{best} reaches {metric} {a} (n = {n}); no other configuration has a finished run."
_ONE_RUN = (
    "{best} comes first with {metric} {a}, before {second} with {b}; but n = {n} and {m}, and a single run cannot be "
    "told from chance: where the seed matters, repeat both with seed=0,1,2."
)
_NO_SPREAD = (
    "{best} comes first with {metric} {a}, before {second} with {b}; all seeds (n = {n} and {m}) give the same "
    "values, so there is no spread to test against."
)


def _score(configuration: Configuration) -> str:
    return mean_and_deviation(configuration.mean, configuration.deviation)


def _values(comparison: Comparison, key: str, say: Say) -> str:
    values = list(dict.fromkeys(each.settings[key] for each in sorted(comparison.configurations, key=_first_run)))
    numbers = [found for each in values if (found := as_number(each)) is not None]
    if len(values) > _MOST_NAMED and len(numbers) == len(values):
        return say("{n} values from {low} to {high}", n=len(values), low=plain(min(numbers)), high=plain(max(numbers)))
    more = [say("and {n} more", n=len(values) - _MOST_NAMED)] if len(values) > _MOST_NAMED else []
    return ", ".join([*map(short, values[:_MOST_NAMED]), *more])


def _first_run(configuration: Configuration) -> tuple[list[int], str]:
    folder = configuration.runs[0].folder
    return [int(folder.name) if folder.name.isdigit() else 0], folder.name
