"""dReal 4's Python interface: ``from deltasat.dreal import *``.

A script that says ``from dreal import *`` runs unchanged with ``python -m deltasat.dreal SCRIPT.py``.

>>> from deltasat.dreal import *
>>> x = Variable("x")
>>> result = CheckSatisfiability(And(0 <= x, x <= 10, sin(x) == 2), 0.001)
>>> print(result)
None
>>> round(Minimize(x * x + 6 * x, And(-10 <= x, x <= 10), 0.001)[x].mid(), 1)
-3.0

Where dReal says ``delta-sat`` of a box that it cannot split any further, this says :class:`Undecided`. A formula with free
variables has no truth value in Python: dReal takes every formula for true, and ``0 <= x <= 10`` for ``x <= 10``.
"""

from functools import reduce

from .. import (
    And, Box, DeltaStrengthen, DeltaWeaken, Expression, Formula, Iff, Implies, Interval, Max, Min, Not, Or, Variable,
    Variables, acos, asin, atan, atan2, cos, cosh, exp, forall, if_then_else, intersect, log, pow, sin, sinh, sqrt, tan,
    tanh,
)  # fmt: skip
from .._intervals import distance, div2, integer, root, sign, sqr
from ._bits import DynamicBitset
from ._solver import CheckSatisfiability, Config, Context, Logic, LogLevel, Minimize, Undecided, set_log_level

logical_and, logical_or, logical_not, logical_iff, logical_imply = And, Or, Not, Iff, Implies

__all__ = [
    "And", "Box", "CheckSatisfiability", "Config", "Context", "DeltaStrengthen", "DeltaWeaken", "DynamicBitset",
    "Expression", "Formula", "Iff", "Implies", "Interval", "LogLevel", "Logic", "Max", "Min", "Minimize", "Not", "Or",
    "Undecided", "Variable", "Variables", "acos", "asin", "atan", "atan2", "cos", "cosh", "distance", "div2", "exp",
    "forall", "if_then_else", "integer", "intersect", "log", "logical_and", "logical_iff", "logical_imply",
    "logical_not", "logical_or", "pow", "reduce", "root", "set_log_level", "sign", "sin", "sinh", "sqr", "sqrt", "tan",
    "tanh",
]  # fmt: skip
