"""A δ-complete decision and optimisation engine over the reals.

>>> from deltasat import And, Variable, cos, sin, solve
>>> x, y, z = Variable("x"), Variable("y"), Variable("z")
>>> answer = solve(sin(x) + cos(y) == z, domain={x: (0, 10), y: (0, 10), z: (0, 10)})
>>> answer.verdict
'delta-sat'

``unsat`` is a proof. ``delta-sat`` comes with a model that was judged in exact arithmetic. dReal's Python scripts run with
``from deltasat.dreal import *``, or unchanged with ``python -m deltasat.dreal SCRIPT.py``.
"""

from . import _processor

_processor.check()

from ._answers import (  # noqa: E402
    Answer, Interrupted, Minimum, Options, ScriptError, Statistics, Transcript, check_smt2, maximize, minimize, solve,
)  # fmt: skip
from ._core import __version__  # noqa: E402
from ._expression import Expression, Formula, Variable, Variables, intersect  # noqa: E402
from ._functions import (  # noqa: E402
    And, DeltaStrengthen, DeltaWeaken, Iff, Implies, Max, Min, Not, Or, acos, asin, atan, atan2, cos, cosh, exp, forall,
    if_then_else, log, pow, sin, sinh, sqrt, tan, tanh,
)  # fmt: skip
from ._intervals import Box, Interval  # noqa: E402

__all__ = [
    "And", "Answer", "Box", "DeltaStrengthen", "DeltaWeaken", "Expression", "Formula", "Iff", "Implies", "Interrupted",
    "Interval", "Max", "Min", "Minimum", "Not", "Options", "Or", "ScriptError", "Statistics", "Transcript", "Variable",
    "Variables", "__version__", "acos", "asin", "atan", "atan2", "check_smt2", "cos", "cosh", "exp", "forall",
    "if_then_else", "intersect", "log", "maximize", "minimize", "pow", "sin", "sinh", "solve", "sqrt", "tan", "tanh",
]  # fmt: skip
