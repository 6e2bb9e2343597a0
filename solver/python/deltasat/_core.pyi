from collections.abc import Callable
from fractions import Fraction
from typing import Literal, TypedDict

__version__: str

class RawAnswer(TypedDict):
    verdict: Literal["unsat", "delta-sat", "unknown"]
    exact: bool
    reason: tuple[str, str] | None
    precision: str
    model: list[tuple[str, str, Fraction | bool, tuple[float, float] | None]]
    minimum: tuple[bool, Fraction | None, Fraction | None, bool] | None
    statistics: tuple[int, int, int, int, float]

def run(
    text: str,
    *,
    dr: bool = ...,
    precision: Fraction | None = ...,
    jobs: int = ...,
    time_limit: float | None = ...,
    memory_limit: int | None = ...,
    polytope: bool | None = ...,
    presolve: bool | None = ...,
    seed: int | None = ...,
    progress: Callable[[float, float, int, int], object] | None = ...,
) -> tuple[list[tuple[str | None, RawAnswer | None]], BaseException | None]: ...
def unary(name: str, lower: float, upper: float) -> tuple[float, float]: ...
def binary(name: str, x: tuple[float, float], y: tuple[float, float]) -> tuple[float, float]: ...
def enclose(number: Fraction) -> tuple[float, float]: ...
