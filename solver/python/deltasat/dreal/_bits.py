"""A row of bits, as dReal's contractors use them."""

from __future__ import annotations


class DynamicBitset:
    """A row of bits of a fixed length; printed with the last one first.

    >>> bits = DynamicBitset(3)
    >>> bits.set(1, True)
    >>> print(bits)
    010
    """

    __slots__ = ("_bits",)

    def __init__(self, size: int) -> None:
        self._bits = [False] * size

    def size(self) -> int:
        """How many there are."""
        return len(self._bits)

    def get(self, index: int) -> bool:
        """One of them."""
        return self._bits[index]

    def set(self, index: int | None = None, value: bool = True) -> None:
        """Sets one of them, or all."""
        if index is None:
            self._bits = [True] * len(self._bits)
        else:
            self._bits[index] = bool(value)

    def reset(self) -> None:
        """Sets all to false."""
        self._bits = [False] * len(self._bits)

    def all(self) -> bool:
        """Whether all are set."""
        return all(self._bits)

    def any(self) -> bool:
        """Whether any is set."""
        return any(self._bits)

    def none(self) -> bool:
        """Whether none is set."""
        return not any(self._bits)

    def _with(self, bits: list[bool]) -> DynamicBitset:
        result = DynamicBitset(0)
        result._bits = bits
        return result

    def __and__(self, other: DynamicBitset) -> DynamicBitset:
        return self._with([a and b for a, b in zip(self._bits, other._bits, strict=True)])

    def __or__(self, other: DynamicBitset) -> DynamicBitset:
        return self._with([a or b for a, b in zip(self._bits, other._bits, strict=True)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DynamicBitset) and self._bits == other._bits

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "".join("1" if bit else "0" for bit in reversed(self._bits))
