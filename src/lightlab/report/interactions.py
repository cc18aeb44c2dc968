"""Charts of what settings do: lines of one over another, heat maps of two numbers, the score over one number."""

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from statistics import fmean, median_high, stdev

from lightlab.report.charts import COLOURS, HEIGHT, WIDTH, Spec, colour, number_axis, scale, side_by_side
from lightlab.report.comparison import Comparison
from lightlab.report.formatting import Translate, as_number, mean_and_deviation, plain, short

_MOST_VALUES = 12  # of a key that becomes lines or an axis of a heat map
_MOST_CHARTS = 3  # of pairs of keys, and again of single keys


def setting_charts(comparison: Comparison, translate: Translate) -> Spec | None:
    """A chart for each crossed pair of swept keys, averaged over the others, and for each other number."""
    values = {key: _values(comparison, key) for key in comparison.keys}
    numeric = [key for key, texts in values.items() if all(as_number(text) is not None for text in texts)]
    charts: list[Spec] = []
    shown: set[str] = set()
    for pair in combinations(comparison.keys, 2):
        if len(charts) < _MOST_CHARTS and _are_crossed(_scores(comparison, *pair)):
            # The x axis is the numeric key, else the one with more values; the other becomes lines or rows.
            across = max(pair, key=lambda key: (key in numeric, len(values[key])))
            other = pair[0] if across == pair[1] else pair[1]
            chart = _heat_map if other in numeric else _line_chart
            charts.append(chart(comparison, across, other, values, translate))
            shown |= {across, other} if other in numeric else {across}
    alone = [key for key in numeric if key not in shown and len(values[key]) > 2][:_MOST_CHARTS]
    charts += [_response_chart(comparison, key, translate) for key in alone]
    return side_by_side(charts, resolve={"scale": {"color": "independent"}}) if charts else None


def _values(comparison: Comparison, key: str) -> list[str]:
    """The values of configurations with a score: numbers in their order, others as they were run."""
    scored = {each.settings[key] for each in comparison.scored}
    values = [value for value in comparison.values(key) if value in scored]
    return sorted(values, key=float) if all(as_number(value) is not None for value in values) else values


def _scores(comparison: Comparison, first: str, second: str) -> dict[tuple[str, str], list[float]]:
    """The scores at each pair of values of two keys."""
    scores: dict[tuple[str, str], list[float]] = {}
    for each in comparison.scored:
        scores.setdefault((each.settings[first], each.settings[second]), []).extend(each.scores)
    return scores


def _are_crossed(pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether most values of each key met several of the other, as in a grid; those drawn by a search do not."""
    counts = [Counter(values) for values in zip(*pairs, strict=True)]
    return bool(counts) and all(1 < len(each) <= _MOST_VALUES and median_high(each.values()) > 1 for each in counts)


def _line_chart(
    comparison: Comparison, across: str, lines: str, values: dict[str, list[str]], translate: Translate
) -> Spec:
    scores = _scores(comparison, across, lines)
    rows = [{"x": short(x), "line": short(line)} | _mean(pair_scores) for (x, line), pair_scores in scores.items()]
    names = [*map(short, values[lines])]
    color: Spec = {"field": "line", "type": "nominal"}
    color["scale"] = {"domain": names, "range": [COLOURS[index % len(COLOURS)] for index in range(len(names))]}
    color["legend"] = {"title": lines, "orient": "right", "labelLimit": 110, "titleLimit": 110}
    title = translate("{metric} by {x}, one line per {line}", metric=comparison.metric, x=across, line=lines)
    shown = {lines: "line", across: "x", comparison.metric: "text"}
    encoding = {"x": _ordinal("x", across, values[across]), "color": color}
    return _means_with_bars(title, rows, encoding, shown, joined=True) | {"width": WIDTH - 90}


def _response_chart(comparison: Comparison, key: str, translate: Translate) -> Spec:
    """The score over a number: one line where nothing else differs, else a point per configuration in its colour."""
    alone = len(comparison.keys) == 1
    rows: list[Spec] = [
        {"x": float(each.settings[key]), "colour": colour(0 if alone else rank), "name": each.label}
        | _mean(each.scores)
        for rank, each in enumerate(comparison.scored)
    ]
    x_scale = scale((row["x"] for row in rows), cut=False)
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
    ends = [row["low"] for row in rows if row["low"] > 0 or row["mean"] <= 0]  # others would rule out a logarithm
    y_scale = scale([*(row["mean"] for row in rows), *(row["high"] for row in rows), *ends])
    for row in rows:
        row["low"] = max(row["low"], y_scale["domain"][0])
    y = {"type": "quantitative", "scale": y_scale, "axis": number_axis(y_scale)}
    mean = y | {"field": "mean"}
    layers = [
        {"mark": {"type": "rule", "clip": True}, "encoding": {"y": y | {"field": "low"}, "y2": {"field": "high"}}},
        *([{"mark": {"type": "line", "clip": True}, "encoding": {"y": mean}}] if joined else []),
        {"mark": {"type": "circle", "size": 60, "opacity": 1}, "encoding": {"y": mean, "tooltip": _tooltip(shown)}},
    ]
    chart = {"title": title, "width": WIDTH, "height": HEIGHT, "data": {"values": rows}}
    return chart | {"encoding": encoding, "layer": layers}


def _heat_map(
    comparison: Comparison, across: str, down: str, values: dict[str, list[str]], translate: Translate
) -> Spec:
    """Cells are coloured by rank, so that one outlier does not hide all other differences."""
    means = {pair: fmean(scores) for pair, scores in _scores(comparison, across, down).items()}
    order = sorted(means.values(), reverse=not comparison.larger_is_better)
    places = {mean: index / max(1, len(order) - 1) for index, mean in enumerate(order)}  # the worst 0, the best 1
    rows = [{"x": short(x), "y": short(y), "place": places[m], "text": plain(m)} for (x, y), m in means.items()]
    blues: Spec = {"field": "place", "type": "quantitative", "legend": None}
    blues["scale"] = {"domain": [0, 1], "range": ["#eaf3fa", "#0b5c94"]}
    bright = {"condition": {"test": {"field": "place", "gt": 0.55}, "value": "white"}, "value": "#1c2430"}
    encoding: Spec = {"x": _ordinal("x", across, values[across]), "y": _ordinal("y", down, values[down])}
    encoding["tooltip"] = _tooltip({down: "y", across: "x", comparison.metric: "text"})
    layers = [
        {"mark": {"type": "rect", "stroke": "white", "strokeWidth": 2}, "encoding": {"color": blues}},
        {"mark": "text", "encoding": {"text": {"field": "text"}, "color": bright}},
    ]
    title = translate("{metric} by {x} and {y}: darker is better", metric=comparison.metric, x=across, y=down)
    chart = {"title": title, "width": WIDTH, "height": {"step": 34}, "data": {"values": rows}}
    return chart | {"encoding": encoding, "layer": layers}


def _ordinal(field: str, title: str, values: list[str]) -> Spec:
    axis = {"title": title, "labelAngle": 0, "labelLimit": 110, "labelOverlap": False, "grid": False}
    return {"field": field, "type": "ordinal", "sort": None, "scale": {"domain": [*map(short, values)]}, "axis": axis}


def _tooltip(fields: dict[str, str]) -> list[Spec]:
    """What the pointer shows: fields by their titles. Vega-Lite does not escape backslashes in titles."""
    return [{"field": field, "title": title.replace("\\", "∖")} for title, field in fields.items()]
