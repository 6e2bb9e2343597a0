"""How far the parameters of a neural network may move before its confidence or its class changes, with proofs.

>>> import quantproof
>>> net = quantproof.Network.from_layers([([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "linear")], domain=(-1, 1))
>>> answer = net.local([1.0, -1.0], quantize="int8")
>>> answer.lower <= answer.upper
True

Every answer has two sides: a witness attains the lower bound, and nothing exceeds the upper one. Neither is rounded inward.
"""

from . import _processor

_processor.check()

from ._answers import (  # noqa: E402
    Answer, Bits, Bounds, Flips, Parameter, Region, Rows, Shares, Verdict, Witness,
)  # fmt: skip
from ._command import Interrupted, QuantproofError  # noqa: E402
from ._core import __version__  # noqa: E402
from ._network import Network  # noqa: E402

__all__ = [
    "Answer", "Bits", "Bounds", "Flips", "Interrupted", "Network", "Parameter", "QuantproofError", "Region", "Rows",
    "Shares", "Verdict", "Witness", "__version__",
]  # fmt: skip
