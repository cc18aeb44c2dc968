"""The size of each layer's gradient over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from lightlab.figures.style import CYCLE


def layer_gradients_figure(epochs: Sequence[int], norms: Mapping[str, Sequence[float]]) -> Figure:
    """One line a layer, from the first to the last, on a logarithmic axis; `norms` has a value for each epoch."""
    figure = Figure(figsize=(8.5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.set_prop_cycle(CYCLE)
    for name, values in norms.items():
        axes.plot(epochs, [max(value, 1e-12) for value in values], label=name)
    axes.set(yscale="log", xlabel="epoch", ylabel="norm of the weights' gradient", title="What reaches each layer")
    axes.grid(alpha=0.3)
    figure.legend(title="layer, from the input on", loc="outside right upper")
    return figure
