"""Synthetic photos of faces: schematic drawings, whose scores follow from their geometry.

A drawing that smiles, is symmetric and has the proportions below scores high. It says nothing about people.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from lightlab.data.synthetic.drawing import FINE, SIZE, Colour, Uniform, mixed, photographed

MARGIN = 4  # pixels drawn around the picture, which is then turned a little
NOISE = 0.2  # standard deviation of the noise in the scores

SKINS = [(255, 224, 196), (241, 194, 160), (224, 172, 130), (198, 134, 94), (141, 92, 62), (92, 60, 42)]
HAIRS = [(30, 24, 22), (70, 44, 28), (120, 76, 40), (196, 152, 84), (150, 60, 34), (140, 140, 146)]
CLOTHES = [(60, 90, 150), (160, 60, 70), (70, 130, 90), (200, 170, 80), (110, 80, 140), (90, 90, 96)]


@dataclass(frozen=True)
class Face:
    """Lengths in half widths of the picture; x to the right, y down from the middle of the face."""

    breadth: float  # of the head, as a share of its height
    eyes_apart: float  # distance between the eyes, as a share of the breadth
    eye_size: float
    smile: float  # −1 to 1, the corners of the mouth up
    mouth: float  # half its breadth
    eye_slip: float  # how much lower the left eye and brow are than the right
    mouth_slip: float  # how much lower the left corner of the mouth is
    nose_slip: float  # to the right of the middle
    long_hair: bool
    beard: bool
    lashes: bool

    @property
    def score(self) -> float:
        """From 1 to 5, without noise."""
        off = abs(self.breadth - 0.74) / 0.14 + abs(self.eyes_apart - 0.46) / 0.14
        skew = abs(self.eye_slip) + abs(self.mouth_slip) + abs(self.nose_slip)
        return 3.9 - 0.6 * off - 3.0 * skew + 0.9 * self.smile


def faces(count: int, seed: int) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Returns uint8 images (count, 64, 64, 3), names such as ``DF00012.png``, and scores (count,) from 1 to 5.

    The second letter of a name, F or M, is one of two kinds, which differ in hair, brows, lashes and beard, mostly.
    """
    random = np.random.default_rng(seed)
    images, names, scores = [], [], []
    for index in range(count):
        kind = "FM"[random.integers(2)]
        face = _any_face(kind, random)
        turned = _draw(face, kind, random).reduce(FINE).rotate(random.uniform(-5, 5), Image.Resampling.BILINEAR)
        images.append(photographed(turned.crop((MARGIN, MARGIN, MARGIN + SIZE, MARGIN + SIZE)), 0.12, 0.08, random))
        names.append(f"D{kind}{index:05d}.png")
        scores.append(face.score + random.normal(0, NOISE))
    return np.stack(images), names, np.clip(scores, 1, 5).round(2)


def _any_face(kind: str, random: np.random.Generator) -> Face:
    uniform, chance = random.uniform, random.random
    return Face(
        breadth=uniform(0.6, 0.9),
        eyes_apart=uniform(0.32, 0.6),
        eye_size=uniform(0.85, 1.2),
        smile=uniform(-1, 1),
        mouth=uniform(0.13, 0.2),
        eye_slip=_slip(random, 0.08),
        mouth_slip=_slip(random, 0.1),
        nose_slip=_slip(random, 0.08),
        long_hair=chance() < (0.85 if kind == "F" else 0.15),
        beard=kind == "M" and chance() < 0.4,
        lashes=kind == "F" and chance() < 0.7,
    )


def _slip(random: np.random.Generator, spread: float) -> float:
    """Draws an asymmetry; half of the faces are nearly symmetric."""
    return random.normal(0, spread if random.random() < 0.5 else spread / 6)


class _Pen:
    """Draws in half widths of the picture, from the middle of the face."""

    def __init__(self, canvas: Image.Image, x: float, y: float, scale: float) -> None:
        self.pen = ImageDraw.Draw(canvas)
        self.middle = canvas.width / 2
        self.half = SIZE * FINE / 2
        self.x, self.y, self.scale = x, y, scale

    def place(self, x: float, y: float) -> tuple[float, float]:
        across, down = self.x + self.scale * x, self.y + self.scale * y
        return self.middle + self.half * across, self.middle + self.half * down

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        self.pen.ellipse([*self.place(x - rx, y - ry), *self.place(x + rx, y + ry)], fill=colour)

    def curve(self, points: list[tuple[float, float]], width: float, colour: Colour) -> None:
        """Draws a smooth line through three points."""
        (x0, y0), (x1, y1), (x2, y2) = points
        through = [2 * x1 - (x0 + x2) / 2, 2 * y1 - (y0 + y2) / 2]
        along = np.linspace(0, 1, 9)
        line = [
            self.place(
                (1 - t) ** 2 * x0 + 2 * t * (1 - t) * through[0] + t**2 * x2,
                (1 - t) ** 2 * y0 + 2 * t * (1 - t) * through[1] + t**2 * y2,
            )
            for t in along
        ]
        self.pen.line(line, fill=colour, width=max(1, round(width * self.scale * self.half)), joint="curve")

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        self.pen.polygon([self.place(x, y) for x, y in points], fill=colour)


def _draw(face: Face, kind: str, random: np.random.Generator) -> Image.Image:
    uniform = random.uniform
    skin, hair = _shade(SKINS, random), _shade(HAIRS, random)
    wall = _shade([(150, 150, 150), (190, 185, 175), (120, 130, 145), (205, 205, 205)], random, 40)
    canvas = Image.new("RGB", ((SIZE + 2 * MARGIN) * FINE,) * 2, wall)
    pen = _Pen(canvas, uniform(-0.06, 0.06), uniform(-0.02, 0.1), uniform(0.88, 1.06))
    high = 0.62  # half the head's height
    wide = high * face.breadth
    _behind(pen, face, wide, high, skin, hair, random)
    pen.oval(0, 0, wide, high, skin)
    if face.beard:
        _beard(pen, wide, high, mixed(hair, skin, uniform(0.1, 0.4)), skin)
    _hairline(pen, wide, high, hair, uniform)
    _eyes(pen, face, wide, hair, kind, uniform)
    _middle(pen, face, skin, uniform)
    return canvas


def _behind(
    pen: _Pen, face: Face, wide: float, high: float, skin: Colour, hair: Colour, random: np.random.Generator
) -> None:
    """Draws long hair, neck, shoulders and ears."""
    uniform = random.uniform
    dark = mixed(skin, (0, 0, 0), 0.15)
    if face.long_hair:
        spread, length = wide + uniform(0.1, 0.2), uniform(0.55, 0.95)
        pen.oval(0, -0.12, spread, high * 0.98, hair)
        pen.polygon([(-spread, -0.1), (spread, -0.1), (spread * uniform(0.9, 1.1), length), (-spread, length)], hair)
    else:
        pen.oval(0, -0.1, wide + uniform(0.03, 0.07), high * uniform(0.97, 1.03), hair)
    cloth = _shade(CLOTHES, random)
    pen.oval(0, 1.2, uniform(0.75, 0.95), 0.5, cloth)
    pen.polygon([(-0.17, 0.4), (0.17, 0.4), (0.2, 0.84), (-0.2, 0.84)], dark)
    for side in (-1, 1):
        pen.oval(side * wide, 0.02, 0.06, 0.12, dark)


def _hairline(pen: _Pen, wide: float, high: float, hair: Colour, uniform: Uniform) -> None:
    """Draws hair over the forehead, with a parting."""
    angles = np.linspace(np.pi * 1.06, np.pi * 1.94, 15)
    rim = [(1.05 * wide * np.cos(a), 1.06 * high * np.sin(a)) for a in angles]
    low, part = uniform(-0.42, -0.34), uniform(-0.5, 0.5) * wide
    pen.polygon(
        [*rim, (wide * 0.8, low), (part + 0.08, low - 0.08), (part - 0.08, low - 0.08), (-wide * 0.8, low)], hair
    )


def _beard(pen: _Pen, wide: float, high: float, beard: Colour, skin: Colour) -> None:
    angles = np.linspace(0.05 * np.pi, 0.95 * np.pi, 15)
    rim = [(wide * np.cos(a), high * np.sin(a)) for a in angles]
    pen.polygon([*rim, (-wide * 0.75, 0.2), (-0.12, 0.25), (0.12, 0.25), (wide * 0.75, 0.2)], beard)
    pen.oval(0, 0.36, 0.2, 0.085, skin)


def _eyes(pen: _Pen, face: Face, wide: float, hair: Colour, kind: str, uniform: Uniform) -> None:
    apart = wide * face.eyes_apart
    iris = ((70, 50, 36), (60, 90, 120), (80, 110, 70))[int(uniform(0, 3))]
    rx, ry = 0.095 * face.eye_size, 0.058 * face.eye_size
    brow = (0.03, 0.042)[kind == "M"]
    dark = mixed(hair, (30, 25, 22), 0.5)
    for side in (-1, 1):
        x, y = side * apart, -0.06 + (face.eye_slip if side < 0 else 0)
        pen.oval(x, y, rx, ry, (250, 250, 248))
        pen.oval(x, y, 0.045, 0.05, iris)
        pen.oval(x, y, 0.022, 0.025, (15, 12, 12))
        if face.lashes:
            pen.curve([(x - rx * 1.1, y - 0.01), (x, y - ry * 1.25), (x + rx * 1.1, y - 0.01)], 0.028, (25, 20, 20))
        pen.curve([(x - rx * 1.2, y - 0.12), (x, y - 0.155), (x + rx * 1.2, y - 0.12)], brow, dark)


def _middle(pen: _Pen, face: Face, skin: Colour, uniform: Uniform) -> None:
    """Draws nose and mouth."""
    shadow = mixed(skin, (60, 30, 20), 0.35)
    x = face.nose_slip
    pen.curve([(x * 0.5 - 0.01, -0.02), (x - 0.05, 0.13), (x + 0.05, 0.16)], 0.026, shadow)
    lip = mixed(skin, (180, 40, 50), uniform(0.45, 0.7))
    bend, slip, y = 0.075 * face.smile, face.mouth_slip / 2, 0.35
    ends = [(-face.mouth, y - bend + slip), (0.0, y + bend), (face.mouth, y - bend - slip)]
    pen.curve(ends, 0.05, lip)


def _shade(colours: list[Colour], random: np.random.Generator, spread: int = 8) -> Colour:
    colour = np.array(colours[random.integers(len(colours))]) + random.integers(-spread, spread + 1, 3)
    red, green, blue = colour.clip(0, 255).tolist()
    return red, green, blue
