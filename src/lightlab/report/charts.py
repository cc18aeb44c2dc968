"""Charts as Vega-Lite specifications: the look that all share, and the curves over epochs.

Specifications are plain dicts: to build and validate those of six charts with Altair takes more than a second.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from lightlab.report.comparison import Comparison
from lightlab.report.formatting import Translate, mean_and_deviation, plain
from lightlab.runs.results import Series

Spec = dict[str, Any]

# Okabe and Ito's palette (2008), distinguishable with any colour vision; configurations of a lower rank are grey.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#1c2430"]
GREY = "#a3adb8"
WIDTH, HEIGHT = 520, 280
_INK, _SOFT, _RULE = "#1c2430", "#5d6877", "#e2e6eb"
_CONFIG = {
    "font": "system-ui, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans', sans-serif",
    "view": {"stroke": None},
    "title": {"anchor": "start", "fontSize": 13, "color": _SOFT},
    "axis": {"gridColor": _RULE, "domainColor": _SOFT, "tickColor": _SOFT, "labelColor": _INK, "titleColor": _SOFT}
    | {"labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal"},
    "legend": {"labelFontSize": 12, "labelLimit": 330, "labelColor": _INK, "titleColor": _SOFT, "symbolType": "stroke"}
    | {"symbolSize": 250, "symbolStrokeWidth": 2.5, "titleFontWeight": "normal"},
}


def colour(rank: int) -> str:
    """The colour of a configuration, by its rank from 0."""
    return COLOURS[rank] if rank < len(COLOURS) else GREY


def side_by_side(charts: Sequence[Spec], **more: Any) -> Spec:
    """Puts charts into one specification, two to a row."""
    return {"background": "white", "columns": 2, "spacing": 24, "config": _CONFIG, "concat": list(charts)} | more


def scale(values: Iterable[float], cut: bool = True) -> Spec:
    """A scale that shows differences: logarithmic where positive values span more than a factor of 30.

    Args:
        cut: end at a thousand times the median, for a run that diverges would hide all others.
    """
    numbers = sorted(value for value in values if math.isfinite(value)) or [0.0, 1.0]
    low, high = numbers[0], numbers[-1]
    limit = 1e3 * median(map(abs, numbers))
    if cut and limit > 0:
        low, high = max(low, -limit), min(high, limit)
    if low > 0 and high / low > 30:
        return {"type": "log", "domain": [max(low, high / 1e12) / 1.1, high * 1.1], "nice": False}
    margin = 0.04 * (high - low) or 0.1 * abs(high) or 0.5
    return {"type": "linear", "domain": [low - margin, high + margin], "nice": False, "zero": False}


def number_axis(scale: Spec, title: str | None = None) -> Spec:
    """An axis with round numbers; powers of ten where a logarithmic scale has several."""
    axis = {"title": title, "format": ".4~g", "tickCount": 6}
    low, high = scale["domain"]
    powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1) if scale["type"] == "log" else ()
    return axis | ({"values": [10.0**power for power in powers]} if len(powers) > 2 else {})


_MOST_CHARTS = 6
_MOST_STOPPED = 60  # runs that are drawn one by one because they did not end
_DASHES = {"validation": [1, 0], "training": [5, 4], "runs that did not end": [1, 4]}


@dataclass
class _Curve:
    rank: int
    name: str  # in the legend
    kind: str  # one of _DASHES, translated
    mean: Series
    deviation: Series


def curve_charts(comparison: Comparison, translate: Translate) -> Spec | None:
    """One chart per metric with one legend for all; None where no epoch was recorded."""
    metrics = ((metric, list(_curves(comparison, metric, translate))) for metric in _metrics(comparison))
    drawn = [(metric, curves) for metric, curves in metrics if curves][:_MOST_CHARTS]
    if not drawn:
        return None
    look = _look([curve for _, curves in drawn for curve in curves], translate)
    charts = [_curve_chart(number, metric, curves, look, translate) for number, (metric, curves) in enumerate(drawn)]
    views = [f"curves{number}" for number in range(len(charts))]
    selections = [
        {"name": field, "select": {"type": "point", "fields": [field]}, "bind": "legend", "views": views}
        for field in ("configuration", "kind")
    ]
    return side_by_side(charts, params=selections)


def _metrics(comparison: Comparison) -> list[str]:
    """First the loss and the compared metric, then the learning rate if it changes, then the other metrics."""
    names = dict.fromkeys(name for run in comparison.runs for name in run.epochs.series)
    bases = dict.fromkeys(name.partition("/")[0] for name in names if name.endswith(("/train", "/val")))
    first = [name for name in ("loss", comparison.metric.partition("/")[0]) if name in bases]
    changes = any(len(set(run.epochs.finite("learning_rate").values())) > 1 for run in comparison.runs)
    return list(dict.fromkeys([*first, *(["learning_rate"] if changes else []), *bases]))


def _curves(comparison: Comparison, metric: str, translate: Translate) -> Iterator[_Curve]:
    """The worst first, so that the best lies on top; runs that did not end one by one."""
    columns = {f"{metric}/train": "training", f"{metric}/val": "validation"}
    if metric == "learning_rate":
        columns = {metric: "training"}
    configurations = comparison.configurations
    most = min(max(2500 // len(configurations), 10), 120)  # epochs, so that a page with many curves stays small
    stopped = 0
    for column, kind in columns.items():
        for rank, configuration in reversed(list(enumerate(configurations))):
            name = f"{rank + 1 if configuration.scores else '×'} {configuration.label or comparison.task}"
            if rank >= len(COLOURS):
                name = translate("the other {n}", n=len(configurations) - len(COLOURS))
            for run in configuration.runs:
                series = run.epochs.finite(column)
                if run.outcome != "done" and series and stopped < _MOST_STOPPED:
                    stopped += 1
                    yield _Curve(rank, name, translate("runs that did not end"), _thinned(series, most), {})
            mean, deviation = configuration.mean_curve(column)
            if mean:
                yield _Curve(rank, name, translate(kind), _thinned(mean, most), deviation)


def _thinned(series: Series, most: int) -> Series:
    """At most so many epochs, evenly spaced, and the last one."""
    epochs = list(series)
    return {epoch: series[epoch] for epoch in sorted({*epochs[:: -(-len(epochs) // most)], epochs[-1]})}


def _look(curves: list[_Curve], translate: Translate) -> Spec:
    """Colours and dashes with their legends; a click on a legend fades all others."""
    colours = {curve.name: colour(curve.rank) for curve in sorted(curves, key=lambda curve: curve.rank)}
    dashes = {translate(kind): dash for kind, dash in _DASHES.items() if any(c.kind == translate(kind) for c in curves)}
    legend = {"title": None, "orient": "top", "columns": 3, "symbolOpacity": 1}
    chosen = {"and": [{"param": "configuration"}, {"param": "kind"}]}
    color: Spec = {"field": "configuration", "type": "nominal", "legend": legend}
    color["scale"] = {"domain": list(colours), "range": list(colours.values())}
    dash: Spec = {"field": "kind", "type": "nominal", "legend": legend if len(dashes) > 1 else None}
    dash["scale"] = {"domain": list(dashes), "range": list(dashes.values()) if len(dashes) > 1 else [[1, 0]]}
    opacity = {"condition": {"test": chosen, "value": 1}, "value": 0.06}
    return {"color": color, "strokeDash": dash, "opacity": opacity}


def _curve_chart(number: int, metric: str, curves: list[_Curve], look: Spec, translate: Translate) -> Spec:
    y_scale = scale(value for curve in curves for value in curve.mean.values())
    y = {"type": "quantitative", "scale": y_scale, "axis": number_axis(y_scale)}
    last = max(max(curve.mean) for curve in curves)
    first = min(1, last - 1)
    x: Spec = {"field": "epoch", "type": "quantitative", "scale": {"domain": [first, last], "nice": False}}
    x["axis"] = {"title": translate("epoch"), "format": "d", "tickCount": min(last - first, 8), "grid": False}
    lines, bands = [], []
    for index, curve in enumerate(curves):
        row = {"curve": index, "configuration": curve.name, "kind": curve.kind}
        lines.append(row | {"epoch": list(curve.mean), "value": [*map(_rounded, curve.mean.values())]})
        epochs = [epoch for epoch in curve.mean if epoch in curve.deviation]
        if len(epochs) > 1 and curve.rank < len(COLOURS):
            low = [max(curve.mean[epoch] - curve.deviation[epoch], y_scale["domain"][0]) for epoch in epochs]
            high = [curve.mean[epoch] + curve.deviation[epoch] for epoch in epochs]
            bands.append(row | {"epoch": epochs, "low": [*map(_rounded, low)], "high": [*map(_rounded, high)]})
    faint = {"condition": look["opacity"]["condition"] | {"value": 0.15}, "value": 0}
    encoding = {"x": x, "detail": {"field": "curve"}}
    band = {
        "data": {"values": bands},
        "transform": [{"flatten": ["epoch", "low", "high"]}],
        "mark": {"type": "area", "clip": True},
        "encoding": encoding
        | {"y": y | {"field": "low"}, "y2": {"field": "high"}, "opacity": faint}
        | {"color": look["color"]},
    }
    line = {
        "name": f"curves{number}",
        "data": {"values": lines},
        "transform": [{"flatten": ["epoch", "value"]}],
        "mark": {"type": "line", "clip": True, "strokeWidth": 1.8, "strokeCap": "round"},
        "encoding": encoding | {"y": y | {"field": "value"}} | look,
    }
    details = [curves[0].kind] if len({curve.kind for curve in curves}) == 1 else []
    details += [translate("logarithmic")] if y_scale["type"] == "log" else []
    title = metric.replace("_", " ") + (f" ({', '.join(details)})" if details else "")
    layers = [*([band] if bands else []), line, _pointer(number, x, curves, translate)]
    return {"title": title, "width": WIDTH, "height": HEIGHT, "layer": layers}


def _pointer(number: int, x: Spec, curves: list[_Curve], translate: Translate) -> Spec:
    """A vertical line at the epoch nearest to the pointer, and the values there."""
    training, stopped = translate("training"), translate("runs that did not end")
    shown = [curve for curve in curves if curve.rank < len(COLOURS) and curve.kind != stopped]
    shown.sort(key=lambda curve: (curve.rank, curve.kind == training))
    epoch_field = translate("epoch")
    rows: dict[int, Spec] = {
        epoch: {epoch_field: epoch} for epoch in sorted({e for curve in shown for e in curve.mean})
    }
    for curve in shown:
        for epoch, value in curve.mean.items():
            text = mean_and_deviation(value, curve.deviation.get(epoch))
            before = rows[epoch].get(curve.name)
            rows[epoch][curve.name] = f"{before} ({training} {plain(value)})" if before else text
    select = {"type": "point", "fields": [epoch_field], "nearest": True, "on": "pointermove", "clear": "pointerout"}
    pointed = {"param": f"pointer{number}", "empty": False, "value": 0.5}
    return {
        "data": {"values": list(rows.values())},
        "params": [{"name": f"pointer{number}", "select": select}],
        "mark": {"type": "rule", "color": _SOFT, "tooltip": {"content": "data"}},
        "encoding": {"x": x | {"field": epoch_field}, "opacity": {"condition": pointed, "value": 0}},
    }


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")
