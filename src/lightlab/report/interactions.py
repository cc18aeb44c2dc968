"""Charts of what settings do: lines of one over another, heat maps of two numbers, the score over one number."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from statistics import fmean, median_high, stdev

from lightlab.report.charts import COLOURS, HEIGHT, WIDTH, Spec, colour, number_axis, scale, side_by_side
from lightlab.report.comparison import Comparison
from lightlab.report.formatting import Translate, as_number, mean_and_deviation, plain, short

_MOST_VALUES = 12  # of a key that becomes lines or an axis of a heat map
_MOST_CHARTS = 3  # of pairs of keys, and again of single keys

Scores = dict[tuple[str, str], list[float]]  # values of two keys → scores


def setting_charts(comparison: Comparison, translate: Translate) -> Spec | None:
    """A chart for each crossed pair of swept keys, averaged over the others, and for each other number."""
    charts: list[Spec] = []
    shown: set[str] = set()
    for first, second in combinations(comparison.keys, 2):
        scores = _scores(comparison, first, second)
        if len(charts) < _MOST_CHARTS and _are_crossed(scores):
            charts.append(_pair_chart(comparison, first, second, scores, translate))
            shown |= {first, second} if _is_numeric(comparison, first, second) else {_across(comparison, first, second)}
    single = [
        _response_chart(comparison, key, translate)
        for key in comparison.keys
        if key not in shown and _is_numeric(comparison, key) and len(_values(comparison, key)) > 2
    ]
    charts += single[:_MOST_CHARTS]
    return side_by_side(charts, resolve={"scale": {"color": "independent"}}) if charts else None


def _scores(comparison: Comparison, first: str, second: str) -> Scores:
    scores: Scores = {}
    for each in comparison.scored:
        scores.setdefault((each.settings[first], each.settings[second]), []).extend(each.scores)
    return scores


def _are_crossed(scores: Scores) -> bool:
    """Whether most values of each key met several of the other, as in a grid; those drawn by a search do not."""
    for counts in (Counter(first for first, _ in scores), Counter(second for _, second in scores)):
        if not 1 < len(counts) <= _MOST_VALUES or median_high(counts.values()) < 2:
            return False
    return True


def _values(comparison: Comparison, key: str) -> list[str]:
    """The values of configurations with a score: numbers in their order, others as they were run."""
    values = list(dict.fromkeys(each.settings[key] for each in comparison.scored))
    if all(as_number(value) is not None for value in values):
        return sorted(values, key=float)
    typed = list(dict.fromkeys(run.override_values.get(key, "") for run in comparison.runs))
    return sorted(values, key=lambda value: typed.index(value) if value in typed else len(typed))


def _is_numeric(comparison: Comparison, *keys: str) -> bool:
    return all(as_number(value) is not None for key in keys for value in _values(comparison, key))


def _across(comparison: Comparison, first: str, second: str) -> str:
    """The key of a pair that becomes the x axis: the numeric one, else the one with more values."""
    if _is_numeric(comparison, first) != _is_numeric(comparison, second):
        return first if _is_numeric(comparison, first) else second
    return max(first, second, key=lambda key: len(_values(comparison, key)))


def _pair_chart(comparison: Comparison, first: str, second: str, scores: Scores, translate: Translate) -> Spec:
    if _is_numeric(comparison, first, second):
        return _heat_map(comparison, first, second, scores, translate)
    across = _across(comparison, first, second)
    lines = second if across == first else first
    rows = [
        {"x": short(pair[across != first]), "line": short(pair[across == first])} | _mean(values)
        for pair, values in scores.items()
    ]
    names = [short(value) for value in _values(comparison, lines)]
    colours = [COLOURS[index % len(COLOURS)] for index in range(len(names))]
    encoding = {
        "x": _ordinal("x", across, [short(value) for value in _values(comparison, across)]),
        "color": {
            "field": "line",
            "type": "nominal",
            "scale": {"domain": names, "range": colours},
            "legend": {"title": lines, "orient": "right", "labelLimit": 110, "titleLimit": 110},
        },
    }
    title = translate("{metric} by {x}, one line per {line}", metric=comparison.metric, x=across, line=lines)
    shown = {lines: "line", across: "x", comparison.metric: "text"}
    return _means_with_bars(title, rows, encoding, shown, joined=True) | {"width": WIDTH - 90}


def _response_chart(comparison: Comparison, key: str, translate: Translate) -> Spec:
    """The score over a number: one line where nothing else differs, else a point per configuration in its colour."""
    alone = len(comparison.keys) == 1
    rows: list[Spec] = [
        {"x": float(each.settings[key]), "colour": colour(0 if alone else rank), "name": each.label}
        | _mean(each.scores)
        for rank, each in enumerate(comparison.scored)
    ]
    x_scale = scale(row["x"] for row in rows)
    x = {"field": "x", "type": "quantitative", "scale": x_scale, "axis": number_axis(x_scale, key)}
    encoding = {"x": x, "color": {"field": "colour", "type": "nominal", "scale": None}}
    title = translate("{metric} by {x}", metric=comparison.metric, x=key)
    shown = {translate("configuration"): "name", comparison.metric: "text"}
    return _means_with_bars(title, rows, encoding, shown, joined=alone)


def _mean(scores: list[float]) -> Spec:
    """Mean, one standard deviation to either side, and both as text."""
    mean, deviation = fmean(scores), stdev(scores) if len(scores) > 1 else None
    low, high = mean - (deviation or 0), mean + (deviation or 0)
    return {"mean": mean, "low": low, "high": high, "text": mean_and_deviation(mean, deviation)}


def _means_with_bars(title: str, rows: list[Spec], encoding: Spec, shown: dict[str, str], joined: bool) -> Spec:
    y_scale = scale(
        value for row in rows for value in (row["mean"], row["high"], row["low"]) if value > 0 or row["mean"] <= 0
    )
    for row in rows:
        row["low"] = max(row["low"], y_scale["domain"][0])
    y = {"type": "quantitative", "scale": y_scale, "axis": number_axis(y_scale)}
    layers = [
        {"mark": {"type": "rule", "clip": True}, "encoding": {"y": y | {"field": "low"}, "y2": {"field": "high"}}},
        *([{"mark": {"type": "line", "clip": True}, "encoding": {"y": y | {"field": "mean"}}}] if joined else []),
        {
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1, "clip": True},
            "encoding": {"y": y | {"field": "mean"}, "tooltip": _tooltip(shown)},
        },
    ]
    chart = {"title": title, "width": WIDTH, "height": HEIGHT, "data": {"values": rows}}
    return chart | {"encoding": encoding, "layer": layers}


def _heat_map(comparison: Comparison, first: str, second: str, scores: Scores, translate: Translate) -> Spec:
    """Cells are coloured by rank, so that one outlier does not hide all other differences."""
    means = {pair: fmean(values) for pair, values in scores.items()}
    order = sorted(means.values(), reverse=not comparison.larger_is_better)
    places = {mean: index / max(1, len(order) - 1) for index, mean in enumerate(order)}  # the worst 0, the best 1
    rows = [
        {"y": short(row), "x": short(column), "place": places[mean], "text": plain(mean)}
        for (row, column), mean in means.items()
    ]
    blues: Spec = {"field": "place", "type": "quantitative", "legend": None}
    blues["scale"] = {"domain": [0, 1], "range": ["#eaf3fa", "#0b5c94"]}
    bright = {"condition": {"test": {"field": "place", "gt": 0.55}, "value": "white"}, "value": "#1c2430"}
    return {
        "title": translate("{metric} by {x} and {y}: darker is better", metric=comparison.metric, x=second, y=first),
        "width": WIDTH,
        "height": {"step": 34},
        "data": {"values": rows},
        "encoding": {
            "x": _ordinal("x", second, [short(value) for value in _values(comparison, second)]),
            "y": _ordinal("y", first, [short(value) for value in _values(comparison, first)]),
            "tooltip": _tooltip({first: "y", second: "x", comparison.metric: "text"}),
        },
        "layer": [
            {"mark": {"type": "rect", "stroke": "white", "strokeWidth": 2}, "encoding": {"color": blues}},
            {"mark": "text", "encoding": {"text": {"field": "text"}, "color": bright}},
        ],
    }


def _ordinal(field: str, title: str, values: list[str]) -> Spec:
    axis = {"title": title, "labelAngle": 0, "labelLimit": 110, "labelOverlap": False, "grid": False}
    return {"field": field, "type": "ordinal", "sort": None, "scale": {"domain": values}, "axis": axis}


def _tooltip(fields: dict[str, str]) -> list[Spec]:
    """What the pointer shows: fields by their titles. Vega-Lite does not escape backslashes in titles."""
    return [{"field": field, "title": title.replace("\\", "∖")} for title, field in fields.items()]
