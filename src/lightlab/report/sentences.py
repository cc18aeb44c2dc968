"""The sentences of a report: which configuration is better, and whether the seeds support it."""

from collections import Counter
from collections.abc import Iterator

from lightlab.report.comparison import Comparison
from lightlab.report.formatting import Translate, as_number, mean_and_deviation, p_value, plain, same_decimals, short
from lightlab.report.grouping import DATA_USED, Configuration
from lightlab.report.runs import Run

SIGNIFICANT = 0.05
_MOST_NAMED = 8  # values of a key, or commits, or devices


def subject(comparison: Comparison, translate: Translate) -> str:
    """What was compared: ``optimizer (sgd, adam) × activation (relu, tanh)``, how many runs, by which metric."""
    values = {"k": len(comparison.configurations), "n": len(comparison.runs), "metric": comparison.metric}
    order = translate("higher is better") if comparison.larger_is_better else translate("lower is better")
    if not comparison.keys:
        text = "{n} runs with the same settings, compared by {metric} ({order}) at each run's best epoch."
        return translate(text, order=order, **values)
    names = {key: translate(key) if key == DATA_USED else key for key in comparison.keys}
    keys = " × ".join(f"{name} ({_values(comparison, key, translate)})" for key, name in names.items())
    text = "{keys}: {k} configurations, {n} runs, compared by {metric} ({order}) at each run's best epoch."
    return translate(text, keys=keys, order=order, **values)


def conclusion(comparison: Comparison, translate: Translate) -> str:
    """Which configuration is better, in one sentence."""
    scored = comparison.scored
    if not scored:
        text = "No run has finished with a value of {metric}, so there is no ranking."
        return translate(text, metric=comparison.metric)
    best, metric = scored[0], comparison.metric
    values: dict[str, object] = {"metric": metric, "best": best.label, "a": _score(best), "n": len(best.scores)}
    if len(scored) == 1:
        values["best"] = best.label or comparison.task
        return translate(_ALONE if len(comparison.configurations) == 1 else _ONE_LEFT, **values)
    second = scored[1]
    values |= {"second": second.label, "b": _score(second), "m": len(second.scores)}
    test = comparison.test
    if test is not None:
        sign = 1 if best.mean > second.mean else -1  # the interval shows how much better the best is
        low, high = sorted((sign * test.low, sign * test.high))
        difference, lower, upper = same_decimals(abs(best.mean - second.mean), low, high)
        values |= {"d": difference, "low": lower, "high": upper, "p": p_value(test.p)}
        return translate(_BETTER if test.p < SIGNIFICANT else _UNCLEAR, **values)
    if best.mean == second.mean:
        return translate("No difference between {best} and {second}: both reach {metric} {a}.", **values)
    return translate(_ONE_RUN if min(len(best.scores), len(second.scores)) < 2 else _NO_SPREAD, **values)


def caveats(comparison: Comparison, translate: Translate) -> Iterator[str]:
    """What limits the conclusion."""
    scored, metric = comparison.scored, comparison.metric
    if len(scored) > 2:
        yield translate("Last among those that finished: {last}, {c}.", last=scored[-1].label, c=_score(scored[-1]))
    outcomes = Counter(run.outcome for run in comparison.runs if run.outcome != "done")
    if outcomes:
        counts = ", ".join(f"{count} {translate(outcome)}" for outcome, count in outcomes.items())
        yield translate("Not all runs are done: {counts} (see the table of runs).", counts=counts)
    if comparison.test and min(len(each.scores) for each in scored[:2]) < 5:
        yield translate("With so few seeds only large differences can be distinguished from chance.")
    if len(scored) > 2 and any(name.endswith("/test") and name != metric for name in scored[0].counted[0].metrics):
        text = "The best of {k} was chosen by {metric}, so this value is a little optimistic; the test value is fairer."
        yield translate(text, k=len(scored), metric=metric)
    done = [run for run in comparison.runs if run.outcome == "done"]
    lacking = sum(run.metric(metric) is None for run in done)
    if lacking:
        text = "Finished runs without a finite {metric}: {n}. Their cells are empty."
        yield translate(text, n=lacking, metric=metric)
    repeated = len(done) - lacking - sum(len(each.counted) for each in comparison.configurations)
    if repeated > 0:
        yield translate("Runs that repeat the seed of a newer run: {n}. Only the newer one counts.", n=repeated)
    if metric.endswith("/train"):
        yield translate("This task monitors {metric}: it measures the fit to the training rows only.", metric=metric)
    if any(run.fold for run in comparison.runs):
        text = "For folds, {metric} is measured on the rows held out. Folds share training rows, so p is too small."
        yield translate(text, metric=metric)
    for name, values in _circumstances(done).items():
        if len(values) > 1 and name != "data":
            more = ", …" if len(values) > _MOST_NAMED else ""
            text = "The runs come from more than one {name}: {found}."
            yield translate(text, name=translate(name), found=", ".join(sorted(values)[:_MOST_NAMED]) + more)


def circumstances(comparison: Comparison, translate: Translate) -> str:
    """The data, device and commit, where they are the same for all runs."""
    values_by_name = _circumstances(comparison.runs)
    return " · ".join(f"{translate(name)}: {values[0]}" for name, values in values_by_name.items() if len(values) == 1)


def _circumstances(runs: list[Run]) -> dict[str, list[str]]:
    values_by_name = {
        "data": [run.metrics.get("data") for run in runs],
        "device": [run.environment.get("device") for run in runs],
        "commit": [run.environment.get("commit") for run in runs],
    }
    return {
        name: list(dict.fromkeys(v for v in values if isinstance(v, str))) for name, values in values_by_name.items()
    }


def reading_help(comparison: Comparison, translate: Translate) -> str:
    """How to read the ranking."""
    texts = ["Values are mean ± standard deviation over n runs, each at its best epoch by the monitored metric."]
    if not comparison.metric.endswith("/test"):
        texts.append("Columns that end in /test are for information: they neither choose nor sort anything.")
    if comparison.target is not None and not comparison.target_is_given:
        texts.append("The score to reach is that of the median configuration.")
    if len(comparison.scored) > 1:
        texts.append("Only the best two are tested (Welch's t-test): with many tests, some succeed by chance.")
    return " ".join(translate(text) for text in texts).replace("。 ", "。")


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
    "{best} comes first with {metric} {a}, before {second} with {b}; but n = {n} and {m}, and a single run does not "
    "show how much is chance: where the seed matters, repeat both with seed=0,1,2."
)
_NO_SPREAD = (
    "{best} comes first with {metric} {a}, before {second} with {b}; all seeds (n = {n} and {m}) give the same "
    "values, so there is no spread to test against."
)


def _score(configuration: Configuration) -> str:
    return mean_and_deviation(configuration.mean, configuration.deviation)


def _values(comparison: Comparison, key: str, translate: Translate) -> str:
    """The values of a key in the order of the runs; a range where many are numbers."""
    values = comparison.values(key)
    numbers = [number for each in values if (number := as_number(each)) is not None]
    if len(values) > _MOST_NAMED and len(numbers) == len(values):
        low, high = plain(min(numbers)), plain(max(numbers))
        return translate("{n} values from {low} to {high}", n=len(values), low=low, high=high)
    more = [translate("and {n} more", n=len(values) - _MOST_NAMED)] if len(values) > _MOST_NAMED else []
    return ", ".join([*map(short, values[:_MOST_NAMED]), *more])
