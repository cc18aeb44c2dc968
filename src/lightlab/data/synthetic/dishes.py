"""Synthetic photos of food: drawn plates, whose scores follow from the food on them."""

import numpy as np
from PIL import Image, ImageDraw

from lightlab.data.synthetic.drawing import FINE, SIZE, Colour, Uniform, mixed, photographed

NOISE = 0.2  # standard deviation of the noise in the scores

TABLES = [(150, 104, 66), (92, 62, 44), (196, 186, 172), (70, 78, 92), (176, 60, 56), (120, 140, 120)]
PLATES = [(246, 244, 238), (236, 226, 206), (200, 214, 226), (60, 62, 70)]


def dishes(count: int, seed: int) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Returns uint8 images (count, 64, 64, 3), names such as ``dish0012.png``, and scores (count,) from 1 to 5.

    A dish of many kinds of food that fills its plate scores high; a burnt one, or one that hangs over the rim, low.
    """
    random = np.random.default_rng(seed)
    drawn = [_dish(random) for _ in range(count)]
    scores = np.array([score for _, score in drawn]) + random.normal(0, NOISE, count)
    names = [f"dish{index:04d}.png" for index in range(count)]
    return np.stack([image for image, _ in drawn]), names, np.clip(scores, 1, 5).round(2)


def _dish(random: np.random.Generator) -> tuple[np.ndarray, float]:
    """Returns a picture, uint8 (64, 64, 3), and its score without noise."""
    uniform = random.uniform
    kinds = random.permutation(len(FOODS))[: random.integers(1, 6)]
    helpings = int(uniform(1, 4))
    burnt = uniform(0.3, 1) if uniform(0, 1) < 0.3 else 0.0
    astray = uniform(0.05, 0.3) if uniform(0, 1) < 0.4 else 0.0  # of the plate's radius
    table = TABLES[random.integers(len(TABLES))]
    canvas = Image.new("RGB", (SIZE * FINE,) * 2, table)
    x, y, radius = uniform(0.46, 0.54), uniform(0.46, 0.54), uniform(0.38, 0.46)
    _plate(canvas, table, x, y, radius, random)
    angle = uniform(0, 6.3)
    for _ in range(helpings):
        for place, kind in enumerate(kinds):
            turn = angle + 6.283 * place / len(kinds) + uniform(-0.5, 0.5)
            away = radius * (uniform(0.05, 0.55) + astray * 2)
            FOODS[kind](canvas, x + away * np.cos(turn), y + away * np.sin(turn), burnt, uniform)
    score = 1.7 + 0.5 * len(kinds) + 0.3 * (helpings - 1) - 1.6 * burnt - 3.0 * astray
    return photographed(canvas.reduce(FINE), 0.15, 0.1, random), score


def _plate(canvas: Image.Image, table: Colour, x: float, y: float, radius: float, random: np.random.Generator) -> None:
    colour = PLATES[random.choice(len(PLATES), p=[0.4, 0.25, 0.2, 0.15])]
    _oval(canvas, x + 0.02, y + 0.03, radius, radius, mixed(table, (0, 0, 0), 0.4))  # its shadow
    _oval(canvas, x, y, radius, radius, colour)
    _oval(canvas, x, y, radius * 0.74, radius * 0.74, mixed(colour, (120, 120, 120), 0.12))
    _oval(canvas, x, y, radius * 0.71, radius * 0.71, mixed(colour, (255, 255, 255), 0.1))


def _egg(canvas: Image.Image, x: float, y: float, burnt: float, uniform: Uniform) -> None:
    _oval(canvas, x, y, uniform(0.1, 0.13), uniform(0.08, 0.11), (252, 250, 240), burnt)
    _oval(canvas, x + uniform(-0.02, 0.02), y, 0.045, 0.042, (250, 190, 40), burnt)


def _tomato(canvas: Image.Image, x: float, y: float, burnt: float, uniform: Uniform) -> None:
    radius = uniform(0.06, 0.09)
    _oval(canvas, x, y, radius, radius, (210, 40, 30), burnt)
    _oval(canvas, x, y, radius * 0.75, radius * 0.75, (240, 110, 80), burnt)


def _peas(canvas: Image.Image, x: float, y: float, burnt: float, uniform: Uniform) -> None:
    for _ in range(12):
        left, top = x + uniform(-0.09, 0.09), y + uniform(-0.07, 0.07)
        _oval(canvas, left, top, 0.022, 0.022, (90, 170, 50), burnt * uniform(0.6, 1))


def _rice(canvas: Image.Image, x: float, y: float, burnt: float, uniform: Uniform) -> None:
    _oval(canvas, x, y, 0.12, 0.1, (228, 222, 202), burnt)
    for _ in range(22):
        left, top = x + uniform(-0.11, 0.1), y + uniform(-0.08, 0.08)
        _oval(canvas, left, top, 0.017, 0.008, (250, 248, 238), burnt)


def _leaves(canvas: Image.Image, x: float, y: float, burnt: float, uniform: Uniform) -> None:
    for _ in range(5):
        green = mixed((60, 150, 50), (150, 200, 90), uniform(0, 1))
        left, top = x + uniform(-0.07, 0.07), y + uniform(-0.06, 0.06)
        _oval(canvas, left, top, uniform(0.03, 0.08), uniform(0.02, 0.05), green, burnt)


def _meat(canvas: Image.Image, x: float, y: float, burnt: float, uniform: Uniform) -> None:
    wide, high = uniform(0.11, 0.15), uniform(0.07, 0.1)
    brown = _cooked((150, 84, 50), burnt)
    _oval(canvas, x, y, wide, high, brown)
    for step in (-0.5, 0.0, 0.5):  # of the grill
        _oval(canvas, x + step * wide, y, 0.01, high * 0.7, mixed(brown, (30, 18, 12), 0.6))


def _carrots(canvas: Image.Image, x: float, y: float, burnt: float, uniform: Uniform) -> None:
    for _ in range(4):
        left, top = x + uniform(-0.07, 0.07), y + uniform(-0.06, 0.06)
        _oval(canvas, left, top, 0.036, 0.034, (236, 126, 30), burnt)
        _oval(canvas, left, top, 0.014, 0.013, (250, 170, 80), burnt)


FOODS = (_egg, _tomato, _peas, _rice, _leaves, _meat, _carrots)


def _oval(canvas: Image.Image, x: float, y: float, rx: float, ry: float, colour: Colour, burnt: float = 0.0) -> None:
    """Draws an ellipse; lengths are shares of the picture's side."""
    side = canvas.width
    box = [side * (x - rx), side * (y - ry), side * (x + rx), side * (y + ry)]
    ImageDraw.Draw(canvas).ellipse(box, fill=_cooked(colour, burnt))


def _cooked(colour: Colour, burnt: float) -> Colour:
    return mixed(colour, (36, 26, 20), 0.75 * burnt)
