"""Functions of two variables to minimise: the criteria of `task=surface`.

They map points (N, 2), rows of (x, y), to their mean height, a scalar, and ignore targets.
"""

from abc import ABC, abstractmethod

from torch import Tensor, nn

Window = tuple[float, float, float, float]  # x from, x to, y from, y to


class Surface(nn.Module, ABC):
    """Subclasses define `height`.

    Attributes:
        formula: for titles.
        minima: the lowest points, as (x, y).
        window: the least range that a picture shows.
    """

    formula: str
    minima: tuple[tuple[float, float], ...]
    window: Window

    @abstractmethod
    def height(self, x: Tensor, y: Tensor) -> Tensor:
        """f(x, y), element by element."""

    def forward(self, points: Tensor, targets: Tensor | None = None) -> Tensor:
        return self.height(points[:, 0], points[:, 1]).mean()


class Bowl(Surface):
    """a·x² + b·y², lowest at (0, 0); a and b far apart make it a valley.

    Args:
        a: half the curvature along x, above 0.
        b: half the curvature along y, above 0.
    """

    minima = ((0.0, 0.0),)

    def __init__(self, a: float = 1.0, b: float = 1.0) -> None:
        super().__init__()
        self.a = a
        self.b = b
        self.formula = " + ".join(
            f"{factor:g}·{square}" if factor != 1 else square for factor, square in ((a, "x²"), (b, "y²"))
        )
        self.window = (-8.0, 8.0, -4.0, 4.0) if a != b else (-5.0, 5.0, -5.0, 5.0)

    def height(self, x: Tensor, y: Tensor) -> Tensor:
        return self.a * x**2 + self.b * y**2


class Ravine(Surface):
    """(x + y)²/100 + (x − y)², lowest at (0, 0).

    A hundred times steeper across than along, and turned by 45°: AdaGrad, RMSProp and Adam, which scale each axis by
    itself, cannot straighten it.
    """

    formula = "(x + y)²/100 + (x − y)²"
    minima = ((0.0, 0.0),)
    window = (-5.0, 3.0, -5.0, 3.0)

    def height(self, x: Tensor, y: Tensor) -> Tensor:
        return (x + y) ** 2 / 100 + (x - y) ** 2


class Saddle(Surface):
    """x² − y² + y⁴/4: a saddle at (0, 0), where the gradient is 0, between two minima of height −1 at (0, ±√2)."""

    formula = "x² − y² + y⁴/4"
    minima = ((0.0, 2**0.5), (0.0, -(2**0.5)))
    window = (-2.5, 2.5, -2.2, 2.2)

    def height(self, x: Tensor, y: Tensor) -> Tensor:
        return x**2 - y**2 + y**4 / 4


class Rosenbrock(Surface):
    """(1 − x)² + 100·(y − x²)² (Rosenbrock, 1960): a bent valley with an almost level floor, lowest at (1, 1)."""

    formula = "(1 − x)² + 100·(y − x²)²"
    minima = ((1.0, 1.0),)
    window = (-2.0, 2.0, -1.0, 3.0)

    def height(self, x: Tensor, y: Tensor) -> Tensor:
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2


class Beale(Surface):
    """Σₖ (cₖ − x·(1 − yᵏ))², k = 1, 2, 3, c = (1.5, 2.25, 2.625) (Beale, 1958).

    A plateau with steep corners, lowest at (3, 0.5).
    """

    formula = "Σ (cₖ − x·(1 − yᵏ))²"
    minima = ((3.0, 0.5),)
    window = (-1.0, 4.5, -3.0, 2.5)

    def height(self, x: Tensor, y: Tensor) -> Tensor:
        return (1.5 - x * (1 - y)) ** 2 + (2.25 - x * (1 - y**2)) ** 2 + (2.625 - x * (1 - y**3)) ** 2


class Himmelblau(Surface):
    """(x² + y − 11)² + (x + y² − 7)² (Himmelblau, 1972): four minima of height 0."""

    formula = "(x² + y − 11)² + (x + y² − 7)²"
    minima = ((3.0, 2.0), (-2.805118, 3.131312), (-3.779310, -3.283186), (3.584428, -1.848126))
    window = (-5.0, 5.0, -5.0, 5.0)

    def height(self, x: Tensor, y: Tensor) -> Tensor:
        return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2
