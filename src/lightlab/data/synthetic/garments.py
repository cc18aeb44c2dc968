"""Synthetic Fashion-MNIST: ten kinds of garment, cut and drawn at random.

As in the real set, classes differ little in pixels: T-shirt, pullover, coat and shirt share one cut, and differ by
sleeves, collar, opening and length, all of which may be hard to see.
"""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

SIZE = 28
FINE = 4  # drawn this many times larger, then averaged
FABRIC = 0.65  # the tone of plain cloth, of 0..1
Y, X = np.mgrid[:SIZE, :SIZE]

Corners = list[tuple[float, float]]  # x to the right, y down, both in -1..1
Shape = tuple[Corners, float]  # with its tone; later shapes cover earlier ones
Uniform = Callable[[float, float], float]  # draws a number between two


def garments(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns uint8 images (count, 28, 28), light on black, and int64 labels (count,), 0..9, balanced and shuffled."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count, dtype=np.int64) % len(CUTS))
    images = [_dye(_draw(CUTS[label](random.uniform), random.uniform), random) for label in labels]
    return np.stack(images), labels


def _draw(shapes: list[Shape], uniform: Uniform) -> np.ndarray:
    """Draws one garment of flat cloth, a little turned, moved and resized: uint8 (28, 28)."""
    canvas = Image.new("L", (SIZE * FINE, SIZE * FINE))
    pen = ImageDraw.Draw(canvas)
    angle, half = uniform(-0.12, 0.12), SIZE * FINE / 2  # in radians; in fine pixels
    cos, sin = half * math.cos(angle), half * math.sin(angle)
    wide, high = uniform(0.78, 1.04), uniform(0.78, 1.04)
    left, top = half * (1 + uniform(-0.09, 0.09)), half * (1 + uniform(-0.09, 0.09))
    for corners, tone in shapes:
        points = [(left + cos * x * wide - sin * y * high, top + sin * x * wide + cos * y * high) for x, y in corners]
        pen.polygon(points, fill=round(255 * tone))
    return np.asarray(canvas.reduce(FINE))


def _dye(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Adds brightness, stripes, a slope of light and grain to (H, W); black stays black."""
    uniform = random.uniform
    light = 1 + (X * uniform(-1, 1) + Y * uniform(-1, 1)) * (0.25 / SIZE)
    if uniform(0, 1) < 0.25:
        along = Y if uniform(0, 1) < 0.7 else X
        light -= uniform(0.1, 0.35) * (1 + np.sin((along + uniform(0, 9)) * uniform(0.7, 2.6)))
    grain = random.standard_normal((SIZE, SIZE)) * uniform(0.01, 0.07)
    return (image * (uniform(0.6, 1.5) * light + grain)).clip(0, 255).astype(np.uint8)


def _mirrored(*right: tuple[float, float]) -> Corners:
    """Closes a right half, listed from top to bottom, with its mirror image."""
    return [*right, *((-x, y) for x, y in reversed(right))]


def _band(x0: float, y0: float, x1: float, y1: float, width: float) -> Corners:
    length = math.hypot(x1 - x0, y1 - y0) or 1
    dx, dy = (y1 - y0) / length * width / 2, (x0 - x1) / length * width / 2
    return [(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)]


def _arc(x: float, y: float, rx: float, ry: float, begin: float = 0, end: float = 360) -> Corners:
    """Returns points on an ellipse; angles in degrees, clockwise from the right."""
    angles = np.radians(np.linspace(begin, end, 14))
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def _detail(uniform: Uniform) -> float:
    """Draws a tone lighter or darker than `FABRIC`, so that a seam shows as a line."""
    return FABRIC + uniform(0.18, 0.35) * (1 if uniform(0, 1) < 0.3 else -1)


def _top(uniform: Uniform, sleeve: float, hem: float, neck: float) -> list[Shape]:
    """Cuts trunk and arms: `sleeve` down from the shoulder, `hem` the lower end, `neck` half the opening's width."""
    shoulder, chest, waist, high = uniform(0.4, 0.56), uniform(0.34, 0.48), uniform(0.34, 0.52), uniform(-0.86, -0.76)
    spread, thick = uniform(0.12, 0.5), uniform(0.17, 0.25)
    hand = shoulder + sleeve * spread
    arm = [(neck, high), (shoulder, high + 0.08), (hand, high + 0.14 + sleeve), (hand - thick, high + 0.2 + sleeve)]
    arm.append((chest * 0.8, high + 0.45))
    trunk = _mirrored((neck, high), (shoulder * 0.95, high + 0.1), (chest, high + 0.45), (waist, hem))
    opening = _arc(0, high - 0.02, neck, uniform(0.06, 0.22), 0, 180)
    tone = FABRIC + uniform(-0.15, 0.05)
    return [(arm, tone), ([(-x, y) for x, y in arm], tone), (trunk, FABRIC), (opening, 0.0)]


def _t_shirt(uniform: Uniform) -> list[Shape]:
    return _top(uniform, uniform(0.2, 0.6), uniform(0.55, 0.9), uniform(0.15, 0.28))


def _pullover(uniform: Uniform) -> list[Shape]:
    hem, neck = uniform(0.55, 0.88), uniform(0.16, 0.26)
    rib = _band(-0.42, hem - 0.07, 0.42, hem - 0.07, 0.15)
    return [*_top(uniform, uniform(0.95, 1.4), hem, neck), (rib, _detail(uniform))]


def _coat(uniform: Uniform) -> list[Shape]:
    hem, neck = uniform(0.7, 0.98), uniform(0.14, 0.24)
    side, tone = uniform(-0.1, 0.1), _detail(uniform)
    opening = _band(side, -0.4, side, hem, uniform(0.09, 0.15))
    lapels = [_band(s * neck, -0.82, side, -0.3, 0.12) for s in (-1, 1)]
    return [*_top(uniform, uniform(0.95, 1.4), hem, neck), *((part, tone) for part in (opening, *lapels))]


def _shirt(uniform: Uniform) -> list[Shape]:
    hem, neck = uniform(0.56, 0.94), uniform(0.14, 0.24)
    sleeve = uniform(0.2, 0.6) if uniform(0, 1) < 0.35 else uniform(0.95, 1.4)
    tone = _detail(uniform)
    buttons = [_arc(0, y, 0.07, 0.07) for y in np.arange(-0.45, hem - 0.1, 0.26)]
    collar = [[(s * neck, -0.88), (0, -0.66), (s * 0.16, -0.5), (s * (neck + 0.05), -0.74)] for s in (-1, 1)]
    return [*_top(uniform, sleeve, hem, neck), *((part, tone) for part in (*buttons, *collar))]


def _dress(uniform: Uniform) -> list[Shape]:
    chest, waist, hem, neck = uniform(0.2, 0.32), uniform(0.16, 0.27), uniform(0.26, 0.58), uniform(0.1, 0.18)
    line = uniform(-0.25, 0.05)
    body = _mirrored((neck, -0.92), (chest, -0.86), (chest, -0.5), (waist, line), (hem, 0.92))
    shapes = [(body, FABRIC), (_arc(0, -0.93, neck, uniform(0.1, 0.3), 0, 180), 0.0)]
    if uniform(0, 1) < 0.4:
        arm = [(chest * 0.8, -0.9), (chest + 0.16, uniform(-0.5, 0.1)), (chest, -0.4)]
        shapes = [(arm, 0.55), ([(-x, y) for x, y in arm], 0.55), *shapes]
    return [*shapes, (_band(-waist, line, waist, line, 0.07), _detail(uniform))]


def _trouser(uniform: Uniform) -> list[Shape]:
    hip, foot, inner, crotch = uniform(0.28, 0.42), uniform(0.26, 0.46), uniform(0.03, 0.16), uniform(-0.45, -0.2)
    body = _mirrored((hip * 0.9, -0.92), (hip, crotch), (foot, 0.92), (inner, 0.92), (0.01, crotch))
    return [(body, FABRIC), (_band(-hip, -0.86, hip, -0.86, 0.1), _detail(uniform))]


def _sneaker(uniform: Uniform) -> list[Shape]:
    ankle, sole, toe, tongue = uniform(-0.6, -0.1), uniform(0.08, 0.18), uniform(0.0, 0.2), uniform(-0.05, 0.25)
    upper = [(0.9, ankle), (0.94, 0.38), (-0.92, 0.38), (-0.92, toe), (-0.5, toe - 0.1)]
    upper += [(tongue, ankle), (0.5, ankle + 0.08)]
    laces = [_band(x, 0.02 - x * 0.3, x + 0.14, 0.16 - x * 0.3, 0.05) for x in (-0.35, -0.2, -0.05)]
    tone = _detail(uniform)
    return [
        (upper, FABRIC),
        *((lace, tone) for lace in laces),
        (_band(-0.95, 0.42, 0.95, 0.42, sole), _detail(uniform)),
    ]


def _sandal(uniform: Uniform) -> list[Shape]:
    heel, ankle, wide = uniform(0.0, 0.5), uniform(-0.45, 0.0), uniform(0.07, 0.24)
    sole = [(-0.94, 0.44), (-0.3, 0.4), (0.9, 0.5 - heel), (0.94, 0.58 - heel), (-0.3, 0.56), (-0.94, 0.54)]
    straps = [_band(x, 0.45, x + uniform(0.2, 0.4), uniform(0.0, 0.2), wide) for x in (-0.8, -0.45)]
    straps += [_band(0.85, 0.5 - heel, 0.75, ankle, wide), _band(0.75, ankle, 0.2, ankle + uniform(0.1, 0.3), wide)]
    straps += [_band(-0.6, 0.1, 0.3, uniform(0.1, 0.4), 0.07), _band(0.88, 0.5 - heel, 0.86, 0.56, uniform(0.06, 0.2))]
    return [(sole, FABRIC), *((strap, uniform(0.5, 1)) for strap in straps)]


def _ankle_boot(uniform: Uniform) -> list[Shape]:
    top, heel, toe, front = uniform(-0.92, -0.35), uniform(0.0, 0.2), uniform(0.0, 0.3), uniform(-0.15, 0.2)
    leather = [(front, top), (0.85, top), (0.9, 0.5), (-0.92, 0.5), (-0.92, toe + 0.1)]
    leather += [(-0.6, toe - 0.06), (front, -0.05)]
    sole = [(-0.95, 0.48), (0.95, 0.48), (0.95, 0.58 + heel), (0.5, 0.58 + heel), (0.42, 0.58), (-0.95, 0.58)]
    return [
        (leather, FABRIC),
        (sole, uniform(0.4, 0.9)),
        (_band(front + 0.2, top, front + 0.3, 0.1, 0.06), _detail(uniform)),
    ]


def _bag(uniform: Uniform) -> list[Shape]:
    top, low, high, bottom = uniform(0.4, 0.9), uniform(0.5, 0.92), uniform(-0.5, 0.1), uniform(0.45, 0.9)
    reach, rise, thick, tone = uniform(0.2, 0.5), uniform(0.2, 0.6), uniform(0.06, 0.14), uniform(0.4, 0.9)
    outer, inner = (_arc(0, high, reach - t, rise - t, 180, 360) for t in (0, thick))
    flap = _band(-top, high + uniform(0.15, 0.4), top, high + uniform(0.15, 0.4), 0.07)
    return [(outer, tone), (inner, 0.0), (_mirrored((top, high), (low, bottom)), FABRIC), (flap, _detail(uniform))]


CUTS = (_t_shirt, _trouser, _pullover, _dress, _coat, _sandal, _shirt, _sneaker, _bag, _ankle_boot)
