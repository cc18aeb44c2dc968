from lightlab.plots.curves import layer_gradients_figure


def test_one_line_a_layer_on_a_logarithmic_axis():
    axes = layer_gradients_figure([1, 2, 3], {"body.0": [1e-5, 0.0, 1e-4], "head": [0.1, 0.2, 0.3]}).axes[0]
    assert axes.get_yscale() == "log"
    assert [line.get_label() for line in axes.lines] == ["body.0", "head"]
    assert all(value > 0 for line in axes.lines for value in line.get_ydata())
