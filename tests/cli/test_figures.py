"""The pictures of `python -m lightlab figures`."""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from lightlab.cli.figures import draw
from lightlab.config.instantiation import part
from lightlab.errors import DataError, UsageError
from lightlab.figures.activations import ACTIVATIONS, derivatives
from lightlab.figures.batch_norm import spread_by_layer
from lightlab.figures.differences import errors
from lightlab.figures.initializers import INITIALIZERS, passage
from lightlab.figures.lenet import fresh, passages
from lightlab.figures.options import FIGURES, parse_figure_options
from lightlab.figures.request import Request
from lightlab.figures.tangent import curve
from lightlab.optimization.differences import central, derivative, forward
from lightlab.plots.chinese import CHINESE
from lightlab.plots.style import chinese_font, labels
from lightlab.training.fit import train

CONF = Path(__file__).parents[2] / "conf"


def choices(group: str) -> set[str]:
    return {path.stem for path in (CONF / group).glob("*.yaml")}


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_is_drawn_as_png_and_svg_and_all_its_labels_have_a_chinese_form(name, tmp_path):
    said = []
    request = Request(say=lambda label: said.append(label) or label)
    figures = import_module(f"lightlab.figures.{name}").draw(request)
    assert list(figures) == [name]
    assert set(said) <= set(CHINESE)
    for suffix in ("png", "svg"):
        figures[name].savefig(tmp_path / f"{name}.{suffix}")
    with Image.open(tmp_path / f"{name}.png") as picture:
        assert picture.width > 500 and len(np.unique(np.asarray(picture.convert("L")))) > 20
    assert (tmp_path / f"{name}.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")


def test_the_command_writes_what_it_is_told_to(tmp_path):
    written = draw(parse_figure_options(["tangent", "losses", f"output={tmp_path}", "format=both"]))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "losses.png",
        "losses.svg",
        "tangent.png",
        "tangent.svg",
    ]
    assert len(written) == 4


def test_every_choice_of_the_config_is_drawn():
    assert choices("activation") <= set(ACTIVATIONS)
    assert choices("initializer") == set(INITIALIZERS)


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_the_initializers_have_the_settings_of_the_config(name):
    settings = yaml.safe_load((CONF / "initializer" / f"{name}.yaml").read_text(encoding="utf-8"))
    weights = []
    for fill in (part({"initializer": settings}, "initializer").weight, INITIALIZERS[name]):
        torch.manual_seed(0)
        weights.append(torch.full((20, 20), 0.5))
        if fill is not None:
            with torch.no_grad():
                fill(weights[-1])
    assert torch.equal(*weights)


def test_derivatives_are_those_that_calculus_gives():
    x = torch.tensor([-2.0, -0.5, 0.5, 3.0])
    sigmoid = torch.sigmoid(x)
    expected = {
        "sigmoid": sigmoid * (1 - sigmoid),
        "tanh": 1 - torch.tanh(x) ** 2,
        "relu": (x > 0).float(),
        "step": torch.zeros(4),
        "softplus": sigmoid,
        "identity": torch.ones(4),
    }
    for name, slope in expected.items():
        assert torch.allclose(derivatives(ACTIVATIONS[name].curves, x)[1][0], slope, atol=1e-6), name
    values, slopes = derivatives(ACTIVATIONS["crelu"].curves, x)
    assert values.tolist() == [[0, 0, 0.5, 3], [2, 0.5, 0, 0]] and slopes.tolist() == [[0, 0, 1, 1], [-1, -1, 0, 0]]


def test_the_slope_of_the_tangent():
    assert derivative(curve, 5.0, 1e-4) == pytest.approx(0.2, abs=1e-9)


@pytest.mark.parametrize(
    ("difference", "kind", "best", "least"),
    [
        (forward, torch.float32, 3e-4, 1e-5),
        (central, torch.float32, 5e-3, 1e-7),
        (forward, torch.float64, 2e-8, 1e-10),
        (central, torch.float64, 6e-6, 1e-12),
    ],
)
def test_the_error_of_a_difference_is_least_between_truncation_and_rounding(difference, kind, best, least):
    steps, wrong = errors(difference, kind)
    at = float(steps[wrong < 4 * wrong.min()].log().mean().exp())
    assert best / 20 < at < best * 20 and least / 30 < float(wrong.min()) < least * 30
    assert float(wrong[-1]) > 0.05 and float(wrong[0]) > 1e3 * float(wrong.min())


def test_what_initializers_do():
    vanishing = passage(INITIALIZERS["normal"], ACTIVATIONS["tanh"])
    assert vanishing.activations[-1] < 1e-6 < 1e-2 < vanishing.activations[0] and vanishing.gradients[0] < 1e-6
    exploding = passage(INITIALIZERS["ones"], ACTIVATIONS["relu"])
    assert exploding.activations[-1] > 1e10 and exploding.gradients[0] > 1e10 and all(exploding.symmetric)
    steady = passage(INITIALIZERS["kaiming_normal"], ACTIVATIONS["relu"])
    assert all(0.1 < each < 10 for each in steady.activations + steady.gradients) and not any(steady.symmetric)
    assert passage(INITIALIZERS["zeros"], ACTIVATIONS["sigmoid"]).gradients[0] == 0


def test_one_picture_for_each_activation_that_is_named():
    initializers = import_module("lightlab.figures.initializers")
    assert list(initializers.draw(Request(activations=["gelu", "step"]))) == ["initializers-gelu", "initializers-step"]
    with pytest.raises(UsageError, match=r"activation=relo: none .* did you mean 'relu'"):
        initializers.draw(Request(activations=["relo"]))


def test_batch_norm_keeps_the_spread_of_every_layer():
    assert spread_by_layer(2.0, with_norm=False)[-1] > 1e4 * spread_by_layer(2.0, with_norm=False)[0]
    assert all(0.4 < each < 0.8 for gain in (0.5, 2.0) for each in spread_by_layer(gain, with_norm=True))


def test_a_photo_of_the_users_own_is_convolved(tmp_path):
    Image.fromarray(np.full((90, 200, 3), 128, np.uint8)).save(tmp_path / "照片.png")
    figures = import_module("lightlab.figures.convolution").draw(Request(photo=tmp_path / "照片.png"))
    titles = [axes.get_title() for axes in figures["convolution"].axes]
    assert "photo (3×90×200)" in titles
    assert "convolved, 9×9, stride 3 (3×28×64)" in titles
    assert "max-pooled, 6×6, stride 6, padding 1 (3×5×11)" in titles
    with pytest.raises(DataError, match="no such file"):
        draw(parse_figure_options(["convolution", "input=nowhere.png", f"output={tmp_path}"]))


def test_feature_maps_of_lenet_have_its_shapes():
    shapes = [tuple(maps.shape) for _, maps in passages(fresh(), torch.zeros(1, 1, 28, 28))]
    assert shapes == [(6, 28, 28)] * 2 + [(6, 14, 14)] + [(16, 10, 10)] * 2 + [(16, 5, 5)]


def test_lenet_says_that_it_has_learnt_nothing(capsys):
    figure = import_module("lightlab.figures.lenet").draw(Request())["lenet"]
    assert "has learnt nothing" in figure.get_suptitle()
    assert "has learnt nothing" in capsys.readouterr().err


def test_lenet_of_a_run(config, tmp_path):
    small = ["data.source=embedded", "data.train_size=64", "trainer.max_epochs=1", "callbacks.overview.graph=false"]
    train(config("task=fashion_lenet", *small), tmp_path / "run")
    (written,) = draw(parse_figure_options(["lenet", f"run={tmp_path / 'run'}", f"output={tmp_path}"]))
    assert written.is_file()
    train(config("task=digits_mlp", *small), tmp_path / "mlp")
    with pytest.raises(UsageError, match="without convolutions; name a run of LeNet"):
        draw(parse_figure_options(["lenet", f"run={tmp_path / 'mlp'}", f"output={tmp_path}"]))


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["activatons"],
            r"activatons: no such figure; did you mean 'activations'\? figures: activations, schedules, .*all",
        ),
        ([], "which figure"),
        (["all", "formt=png"], r"no such option; did you mean 'format'"),
        (["all", "format=jpg"], "format=jpg: must be one of png, svg, both"),
        (["all", "language=de"], "language=de: must be one of en, zh"),
        (["lenet", "run=last", "checkpoint=a.ckpt"], "give either run="),
        (["lenet", "run=last", "run=last"], "given twice"),
        (["lenet", "input="], "empty"),
    ],
)
def test_slips_are_answered_by_name(argv, message):
    with pytest.raises(UsageError, match=message):
        parse_figure_options(argv)


def test_chinese_labels_where_a_font_has_them(tmp_path):
    if chinese_font() is None:
        pytest.skip("needs a font with Chinese characters")
    with labels("zh") as say, warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib's, on a character that no font has
        figure = import_module("lightlab.figures.losses").draw(Request(say))["losses"]
        figure.savefig(tmp_path / "a.png")
    assert "回归的损失" in [axes.get_title() for axes in figure.axes]


def test_without_a_chinese_font_labels_stay_english_and_it_is_said(monkeypatch, capsys):
    monkeypatch.setattr("lightlab.plots.style.chinese_font", lambda: None)
    with labels("zh") as say:
        assert say("learning rate") == "learning rate"
    assert "no font with Chinese characters is installed" in capsys.readouterr().err
