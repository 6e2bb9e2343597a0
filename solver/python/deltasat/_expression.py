"""Variables, expressions and formulas, kept in the normal form that dReal prints.

Constants are exact: a ``float`` counts as the binary number that it is, an ``int`` or a ``Fraction`` as itself. Equal
expressions are one object, so an expression with shared parts stays small however long it is written out.

Simplification is dReal's: ``x - x`` is ``0`` and ``x / x`` is ``1``, also where ``x / x`` has no value.
"""

from __future__ import annotations

import itertools
import math
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from fractions import Fraction
from typing import Any, ClassVar, TypeVar, Union

Number = Union[int, float, Fraction]
_T = TypeVar("_T")
_ids = itertools.count(1)


class VariableType(Enum):
    """The sort of a variable."""

    Real = 0
    Int = 1
    Bool = 2
    Binary = 3

    def __str__(self) -> str:
        return f"Type.{self.name}"


def exact(value: Number) -> Fraction:
    """The exact value of a number.

    >>> exact(0.5), exact(3)
    (Fraction(1, 2), Fraction(3, 1))
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} in an expression, expected a finite number")
    return Fraction(value)


def is_number(value: object) -> bool:
    """Whether a value is a constant: an ``int``, a ``float``, a ``Fraction`` or a NumPy scalar, but no ``bool``."""
    if isinstance(value, (int, float, Fraction)):
        return not isinstance(value, bool)
    return hasattr(value, "dtype") and getattr(value, "ndim", None) == 0


def shortest(value: Fraction) -> str:
    """A constant as it is printed: a whole number, a decimal where that is exact to six digits or a double, a fraction else.

    >>> shortest(Fraction(3)), shortest(Fraction(1, 2)), shortest(Fraction(1, 3))
    ('3', '0.5', '1/3')
    """
    if value.denominator == 1 and abs(value.numerator) < 10**17:
        return str(value.numerator)
    nearest = float(value) if abs(value) < 10**300 else math.inf
    if math.isfinite(nearest) and Fraction(nearest) == value:
        return repr(nearest).removesuffix(".0")
    return f"{value.numerator}/{value.denominator}"


class _Arithmetic:
    """The operators that variables and expressions share."""

    __slots__ = ()

    def _e(self) -> Expression:
        raise NotImplementedError

    def __add__(self, other: Any) -> Expression:
        return _binary(self, other, lambda a, b: _sum([(1, a), (1, b)]))

    def __radd__(self, other: Any) -> Expression:
        return _binary(other, self, lambda a, b: _sum([(1, a), (1, b)]))

    def __sub__(self, other: Any) -> Expression:
        return _binary(self, other, lambda a, b: _sum([(1, a), (-1, b)]))

    def __rsub__(self, other: Any) -> Expression:
        return _binary(other, self, lambda a, b: _sum([(1, a), (-1, b)]))

    def __mul__(self, other: Any) -> Expression:
        return _binary(self, other, _product)

    def __rmul__(self, other: Any) -> Expression:
        return _binary(other, self, _product)

    def __truediv__(self, other: Any) -> Expression:
        return _binary(self, other, _quotient)

    def __rtruediv__(self, other: Any) -> Expression:
        return _binary(other, self, _quotient)

    def __pow__(self, other: Any) -> Expression:
        return _binary(self, other, _power)

    def __rpow__(self, other: Any) -> Expression:
        return _binary(other, self, _power)

    def __neg__(self) -> Expression:
        return _sum([(-1, self._e())])

    def __pos__(self) -> Expression:
        return self._e()

    def __abs__(self) -> Expression:
        return call("abs", self)

    def __lt__(self, other: Any) -> Formula:
        return _binary(self, other, lambda a, b: _compare("<", a, b))

    def __le__(self, other: Any) -> Formula:
        return _binary(self, other, lambda a, b: _compare("<=", a, b))

    def __gt__(self, other: Any) -> Formula:
        return _binary(self, other, lambda a, b: _compare(">", a, b))

    def __ge__(self, other: Any) -> Formula:
        return _binary(self, other, lambda a, b: _compare(">=", a, b))

    def __eq__(self, other: Any) -> Formula:  # type: ignore[override]
        return _equality(self, other, True)

    def __ne__(self, other: Any) -> Formula:  # type: ignore[override]
        return _equality(self, other, False)


class Variable(_Arithmetic):
    """A variable. Two variables are different even when their names are equal.

    >>> x = Variable("x")
    >>> x + 1
    <Expression "(1 + x)">
    >>> Variable("n", Variable.Int).get_type()
    <VariableType.Int: 1>
    """

    __slots__ = ("_name", "_type", "_id", "_expression", "__weakref__")
    Type: ClassVar[type[VariableType]] = VariableType
    Real: ClassVar[VariableType] = VariableType.Real
    Int: ClassVar[VariableType] = VariableType.Int
    Bool: ClassVar[VariableType] = VariableType.Bool
    Binary: ClassVar[VariableType] = VariableType.Binary

    def __init__(self, name: str, type: VariableType = VariableType.Real) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name {name!r} of a variable, expected a str")
        self._name, self._type, self._id = name, VariableType(type), next(_ids)
        self._expression: Expression | None = None

    def get_id(self) -> int:
        """A number that no other variable has."""
        return self._id

    def get_type(self) -> VariableType:
        """The sort."""
        return self._type

    def get_name(self) -> str:
        """The name."""
        return self._name

    def _e(self) -> Expression:
        if self._type is VariableType.Bool:
            raise TypeError(f"the Boolean variable {self._name} where a number was expected")
        if self._expression is None:
            self._expression = _new(Expression, "var", (self,), None)
        return self._expression

    def __hash__(self) -> int:
        return hash(self._id)

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"Variable('{self._name}')"


_interned: weakref.WeakValueDictionary[Any, Any] = weakref.WeakValueDictionary()
_lock = threading.Lock()


def _new(kind: type[Any], op: str, args: tuple[Any, ...], data: Any) -> Any:
    """The one expression or formula with these parts."""
    key = (kind, op, tuple(map(id, args)), data)
    found = _interned.get(key)
    if found is None:
        with _lock:
            found = _interned.get(key)
            if found is None:
                found = object.__new__(kind)
                found._op, found._args, found._data, found._order, found._variables = op, args, data, None, None
                _interned[key] = found
    return found


class _Node:
    """What expressions and formulas have in common: an operator, operands, and what belongs to neither."""

    __slots__ = ("_op", "_args", "_data", "_order", "_variables", "__weakref__")
    _op: str
    _args: tuple[Any, ...]
    _data: Any
    _order: Any
    _variables: frozenset[Variable] | None

    def _free(self) -> frozenset[Variable]:
        """The free variables, found without recursion."""
        if self._variables is not None:
            return self._variables
        for node in postorder([self]):
            if node._variables is None:
                if node._op in ("var", "bool"):
                    node._variables = frozenset(node._args)
                else:
                    below = (part._variables for part in node._args)
                    node._variables = frozenset[Variable]().union(*below) - frozenset(node._bound())
        assert self._variables is not None
        return self._variables

    def _bound(self) -> tuple[Variable, ...]:
        return self._data if self._op == "forall" else ()


def postorder(roots: Iterable[Any]) -> list[Any]:
    """The nodes below some, each once, operands first."""
    seen: set[int] = set()
    order: list[Any] = []
    stack: list[tuple[Any, bool]] = [(root, False) for root in roots]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            if node._op not in ("var", "bool"):
                stack.extend((part, False) for part in node._args if id(part) not in seen)
    # a node that was reached again before its turn may stand twice
    done: set[int] = set()
    return [node for node in order if not (id(node) in done or done.add(id(node)))]  # type: ignore[func-returns-value]


_KINDS = [
    "const", "var", "+", "*", "/", "log", "abs", "exp", "sqrt", "pow", "sin", "cos", "tan", "asin", "acos", "atan",
    "atan2", "sinh", "cosh", "tanh", "min", "max", "ite",
    "false", "true", "bool", "==", "!=", ">", ">=", "<", "<=", "and", "or", "not", "forall",
]  # fmt: skip
_RANK = {name: rank for rank, name in enumerate(_KINDS)}


def order_key(node: Any) -> Any:
    """The place of a node among others in print: by kind, then by parts."""
    if node._order is not None:
        return node._order
    for part in postorder([node]):
        if part._order is None:
            if part._op in ("var", "bool"):
                inner: tuple[Any, ...] = (part._args[0].get_id(),)
            elif part._op == "const":
                inner = (part._data,)
            else:
                inner = tuple(operand._order for operand in part._args)
                if part._op in ("+", "*"):
                    inner += (part._data,)
            part._order = (_RANK[part._op], len(inner), inner)
    return node._order


class Expression(_Arithmetic, _Node):
    """A number that depends on variables.

    >>> x, y = Variable("x"), Variable("y")
    >>> (x + y) * (x + y)
    <Expression "pow((x + y), 2)">
    >>> ((x + y) ** 2).Expand()
    <Expression "(2 * (x * y) + pow(x, 2) + pow(y, 2))">
    >>> (x * x).Differentiate(x)
    <Expression "(2 * x)">
    """

    __slots__ = ()

    def __new__(cls, value: Variable | Expression | Number = 0) -> Expression:
        return expression(value)

    def _e(self) -> Expression:
        return self

    __hash__ = object.__hash__

    def __str__(self) -> str:
        from ._print import infix

        return infix(self)

    to_string = __str__

    def __repr__(self) -> str:
        return f'<Expression "{self}">'

    def GetVariables(self) -> Variables:
        """The variables that occur."""
        return Variables(self._free())

    def Expand(self) -> Expression:
        """Products of sums, and powers of sums, written as sums."""
        from ._calculus import expand

        return expand(self)

    def Differentiate(self, variable: Variable) -> Expression:
        """The derivative by a variable."""
        from ._calculus import differentiate

        return differentiate(self, variable)

    def Substitute(self, *what: Any) -> Expression:
        """``Substitute(x, e)``, or ``Substitute({x: e, …})``, or two such mappings, of numbers and of formulas."""
        from ._calculus import substitute

        result: Expression = substitute(self, _mapping(what))
        return result

    def Evaluate(self, environment: Mapping[Variable, Number] | None = None) -> float:
        """The value in doubles, which is rounded; :meth:`EvaluatePartial` is exact.

        >>> x = Variable("x")
        >>> (x * x + 1).Evaluate({x: 3})
        10.0
        """
        from ._calculus import evaluate

        return float(evaluate(self, environment or {}))

    def EvaluatePartial(self, environment: Mapping[Variable, Number]) -> Expression:
        """The expression with numbers in place of some variables."""
        return self.Substitute(dict(environment))

    def ToPrefix(self) -> str:
        """The expression in prefix notation.

        >>> (Variable("x") + Variable("y")).ToPrefix()
        '(+ x y)'
        """
        from ._print import prefix

        return prefix(self)


class Formula(_Node):
    """A condition on variables.

    A formula without variables has a truth value in Python. An equation of expressions, as in ``x == y``, is true there
    where both sides are one expression, so that variables work in lists and as keys. Any other formula has none:
    ``0 <= x <= 10`` is two comparisons, and raises :class:`TypeError`. Write ``And(0 <= x, x <= 10)``.

    >>> x = Variable("x")
    >>> (x > 3).Evaluate({x: 4})
    True
    """

    __slots__ = ()

    def __new__(cls, value: Variable | Formula | bool) -> Formula:
        return formula(value)

    @staticmethod
    def TRUE() -> Formula:
        """The formula that always holds."""
        result: Formula = _new(Formula, "true", (), None)
        return result

    @staticmethod
    def FALSE() -> Formula:
        """The formula that never holds."""
        result: Formula = _new(Formula, "false", (), None)
        return result

    def __bool__(self) -> bool:
        if self._op in ("true", "false"):
            return self._op == "true"
        if not self._free():
            return self.Evaluate()
        if self._op in ("==", "!="):
            return self._op == "!="
        names = ", ".join(sorted(v.get_name() for v in self._free()))
        raise TypeError(
            f"the truth of {self} depends on {names}; ask CheckSatisfiability, and write And(0 <= x, x <= 10) "
            "in place of 0 <= x <= 10"
        )

    __hash__ = object.__hash__

    def EqualTo(self, other: Formula) -> bool:
        """Whether both are the same formula, written alike."""
        return self is formula(other)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Variable):
            return iff(self, formula(other))
        return self is other if isinstance(other, Formula) else NotImplemented

    def __ne__(self, other: object) -> Any:
        if isinstance(other, Variable):
            return negation(iff(self, formula(other)))
        return self is not other if isinstance(other, Formula) else NotImplemented

    def __invert__(self) -> Formula:
        return negation(self)

    def __and__(self, other: Variable | Formula) -> Formula:
        return junction("and", [self, formula(other)])

    def __or__(self, other: Variable | Formula) -> Formula:
        return junction("or", [self, formula(other)])

    def __str__(self) -> str:
        from ._print import infix

        return infix(self)

    to_string = __str__

    def __repr__(self) -> str:
        return f'<Formula "{self}">'

    def GetFreeVariables(self) -> Variables:
        """The variables that occur and are not quantified."""
        return Variables(self._free())

    def Evaluate(self, environment: Mapping[Variable, Number] | None = None) -> bool:
        """The truth value, with numbers in doubles where they are not rational."""
        from ._calculus import evaluate

        return bool(evaluate(self, environment or {}))

    def Substitute(self, *what: Any) -> Formula:
        """As :meth:`Expression.Substitute`."""
        from ._calculus import substitute

        result: Formula = substitute(self, _mapping(what))
        return result

    def ToPrefix(self) -> str:
        """The formula in prefix notation."""
        from ._print import prefix

        return prefix(self)


class Variables:
    """A set of variables, in the order in which they were made.

    >>> x, y = Variable("x"), Variable("y")
    >>> Variables([y, x])
    <Variables "{x, y}">
    """

    __slots__ = ("_set",)

    def __init__(self, variables: Iterable[Variable] = ()) -> None:
        self._set = {v.get_id(): v for v in variables}

    def __iter__(self) -> Iterator[Variable]:
        return iter([self._set[key] for key in sorted(self._set)])

    def size(self) -> int:
        """How many there are."""
        return len(self._set)

    __len__ = size

    def empty(self) -> bool:
        """Whether there are none."""
        return not self._set

    def to_string(self) -> str:
        """As in ``{x, y}``."""
        return "{" + ", ".join(map(str, self)) + "}"

    __str__ = to_string

    def __repr__(self) -> str:
        return f'<Variables "{self}">'

    def __hash__(self) -> int:
        return hash(frozenset(self._set))

    def insert(self, variables: Variable | Variables) -> None:
        """Adds a variable, or those of a set."""
        self._set.update(_several(variables)._set)

    def erase(self, variables: Variable | Variables) -> int:
        """Takes out a variable, or those of a set, and says how many were there."""
        return sum(self._set.pop(key, None) is not None for key in list(_several(variables)._set))

    def include(self, variable: Variable) -> bool:
        """Whether a variable is one of them."""
        return variable.get_id() in self._set

    __contains__ = include

    def IsSubsetOf(self, other: Variables) -> bool:
        """Whether all are in the other set."""
        return self._set.keys() <= other._set.keys()

    def IsSupersetOf(self, other: Variables) -> bool:
        """Whether all of the other set are here."""
        return self._set.keys() >= other._set.keys()

    def IsStrictSubsetOf(self, other: Variables) -> bool:
        """Whether all are in the other set, which has more."""
        return self._set.keys() < other._set.keys()

    def IsStrictSupersetOf(self, other: Variables) -> bool:
        """Whether all of the other set are here, and more."""
        return self._set.keys() > other._set.keys()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Variables) and self._set.keys() == other._set.keys()

    def __lt__(self, other: Variables) -> bool:
        return sorted(self._set) < sorted(other._set)

    def __add__(self, other: Variable | Variables) -> Variables:
        return Variables([*self, *_several(other)])

    __radd__ = __add__

    def __sub__(self, other: Variable | Variables) -> Variables:
        return Variables(v for v in self if v not in _several(other))


def _several(variables: Variable | Variables) -> Variables:
    return Variables([variables]) if isinstance(variables, Variable) else variables


def intersect(a: Variables, b: Variables) -> Variables:
    """The variables that are in both sets."""
    return Variables(v for v in a if v in b)


def constant(value: Number) -> Expression:
    """A number as an expression."""
    result: Expression = _new(Expression, "const", (), exact(value))
    return result


def expression(value: Any) -> Expression:
    """A variable, a number or an expression as an expression."""
    if isinstance(value, _Arithmetic):
        return value._e()
    if is_number(value):
        return constant(value if isinstance(value, (int, float, Fraction)) else value.item())
    if isinstance(value, bool):
        return constant(int(value))
    raise TypeError(f"{value!r}, expected a number, a Variable or an Expression")


def formula(value: Any) -> Formula:
    """A Boolean variable, a truth value or a formula as a formula."""
    if isinstance(value, Formula):
        return value
    if isinstance(value, Variable):
        if value.get_type() is not VariableType.Bool:
            raise TypeError(f"the variable {value} is not Boolean but used as a formula")
        result: Formula = _new(Formula, "bool", (value,), None)
        return result
    if isinstance(value, bool):
        return Formula.TRUE() if value else Formula.FALSE()
    raise TypeError(f"{value!r}, expected a Formula or a Boolean Variable")


def _binary(a: Any, b: Any, build: Callable[[Expression, Expression], _T]) -> _T:
    for operand in (a, b):
        if not (isinstance(operand, _Arithmetic) or is_number(operand)):
            return NotImplemented  # type: ignore[no-any-return]
    return build(expression(a), expression(b))


def _is(e: Expression, value: int) -> bool:
    return e._op == "const" and bool(e._data == value)


def _sum(parts: Iterable[tuple[Fraction | int, Expression]], start: Fraction = Fraction(0)) -> Expression:
    """A linear combination; ``data`` of a sum is its constant and the coefficients of its operands."""
    total = start
    terms: dict[Expression, Fraction] = {}
    for factor, part in parts:
        if part._op == "const":
            total += factor * part._data
        elif part._op == "+":
            total += factor * part._data[0]
            for coefficient, term in zip(part._data[1], part._args):
                terms[term] = terms.get(term, Fraction(0)) + factor * coefficient
        else:
            coefficient, term = _scaled(part)
            terms[term] = terms.get(term, Fraction(0)) + factor * coefficient
    kept = [(term, a) for term, a in terms.items() if a != 0]
    if not kept:
        return constant(total)
    if total == 0 and len(kept) == 1:
        term, a = kept[0]
        return _times(a, term)
    kept.sort(key=lambda item: order_key(item[0]))
    result: Expression = _new(
        Expression, "+", tuple(term for term, _ in kept), (total, tuple(a for _, a in kept))
    )
    return result


def _scaled(e: Expression) -> tuple[Fraction, Expression]:
    """A product as its constant and the rest."""
    if e._op == "*" and e._data[0] != 1:
        scale: Fraction = e._data[0]
        return scale, _times(Fraction(1), e)
    return Fraction(1), e


def _times(a: Fraction, e: Expression) -> Expression:
    """``a·e``, where ``a`` replaces the constant of a product."""
    if a == 1 and e._op != "*":
        return e
    if e._op == "*":
        return _rebuild_product(a, list(zip(e._args, e._data[1])))
    return _rebuild_product(a, [_as_power(e)])


def _as_power(e: Expression) -> tuple[Expression, Fraction]:
    """A base and a constant exponent."""
    if e._op == "pow" and e._args[1]._op == "const":
        return e._args[0], e._args[1]._data
    return e, Fraction(1)


def _rebuild_product(a: Fraction, factors: list[tuple[Expression, Fraction]]) -> Expression:
    """``a·Π base^exponent``; ``data`` of a product is its constant and the exponents of its operands."""
    factors = [(base, exponent) for base, exponent in factors if exponent != 0]
    if a == 0 or not factors:
        return constant(a)
    if a == 1 and len(factors) == 1:
        base, exponent = factors[0]
        return base if exponent == 1 else _raw_power(base, constant(exponent))
    factors.sort(key=lambda factor: order_key(factor[0]))
    result: Expression = _new(
        Expression, "*", tuple(base for base, _ in factors), (a, tuple(exponent for _, exponent in factors))
    )
    return result


def _product(a: Expression, b: Expression) -> Expression:
    if _is(a, 1):
        return b
    if _is(b, 1):
        return a
    if a._op == "const" and b._op == "const":
        return constant(a._data * b._data)
    for number, other in ((a, b), (b, a)):
        if number._op == "const":
            if number._data == 0:
                return number
            if number._data == -1:
                return _sum([(-1, other)])
            if other._op == "*":
                return _times(number._data * other._data[0], other)
            return _times(number._data, other)
    total = Fraction(1)
    factors: dict[Expression, Fraction] = {}
    for part in (a, b):
        if part._op == "*":
            total *= part._data[0]
            pairs = list(zip(part._args, part._data[1]))
        else:
            pairs = [_as_power(part)]
        for base, exponent in pairs:
            factors[base] = factors.get(base, Fraction(0)) + exponent
    return _rebuild_product(total, list(factors.items()))


def _quotient(a: Expression, b: Expression) -> Expression:
    if _is(b, 0):
        raise ZeroDivisionError(f"{a} divided by zero")
    if a._op == "const" and b._op == "const":
        return constant(a._data / b._data)
    if b._op == "const":
        return _product(constant(1 / b._data), a) if b._data != 1 else a
    if a is b:
        return constant(1)
    result: Expression = _new(Expression, "/", (a, b), None)
    return result


def _power(base: Expression, exponent: Expression) -> Expression:
    if exponent._op == "const":
        n = exponent._data
        if n == 0:
            return constant(1)
        if n == 1:
            return base
        if n.denominator == 1 and abs(n) <= 1000:
            if base._op == "const" and (base._data != 0 or n > 0):
                return constant(base._data ** int(n))
            if base._op == "pow" and base._args[1]._op == "const" and base._args[1]._data.denominator == 1:
                return _power(base._args[0], constant(base._args[1]._data * n))
    return _raw_power(base, exponent)


def _raw_power(base: Expression, exponent: Expression) -> Expression:
    result: Expression = _new(Expression, "pow", (base, exponent), None)
    return result


def call(name: str, *operands: Any) -> Expression:
    """A function of expressions.

    >>> call("sin", Variable("x"))
    <Expression "sin(x)">
    """
    parts = tuple(map(expression, operands))
    if name == "abs" and parts[0]._op == "const":
        return constant(abs(parts[0]._data))
    if name in ("min", "max") and all(part._op == "const" for part in parts):
        return constant((min if name == "min" else max)(part._data for part in parts))
    result: Expression = _new(Expression, name, parts, None)
    return result


def choose(condition: Formula, a: Expression, b: Expression) -> Expression:
    """``a`` where the condition holds, else ``b``."""
    if condition._op in ("true", "false"):
        return a if condition._op == "true" else b
    if a is b:
        return a
    result: Expression = _new(Expression, "ite", (condition, a, b), None)
    return result


_HOLDS: dict[str, Callable[[Fraction], bool]] = {
    "==": lambda d: d == 0,
    "!=": lambda d: d != 0,
    ">": lambda d: d > 0,
    ">=": lambda d: d >= 0,
    "<": lambda d: d < 0,
    "<=": lambda d: d <= 0,
}


def _compare(relation: str, a: Expression, b: Expression) -> Formula:
    difference = _sum([(1, a), (-1, b)])
    if difference._op == "const":
        return formula(_HOLDS[relation](difference._data))
    result: Formula = _new(Formula, relation, (a, b), None)
    return result


def _equality(a: Any, b: Any, holds: bool) -> Formula:
    def is_truth(x: object) -> bool:
        return isinstance(x, Formula) or (isinstance(x, Variable) and x.get_type() is VariableType.Bool)

    if is_truth(a) and is_truth(b):
        same = iff(formula(a), formula(b))
        return same if holds else negation(same)
    if is_truth(a) or is_truth(b):
        if not isinstance(b, (_Arithmetic, Formula)):
            return NotImplemented  # type: ignore[no-any-return]
        # a truth value is no number
        return formula(not holds)
    return _binary(a, b, lambda x, y: _compare("==" if holds else "!=", x, y))


def negation(f: Formula) -> Formula:
    """What holds where the formula does not."""
    if f._op == "true":
        return Formula.FALSE()
    if f._op == "false":
        return Formula.TRUE()
    if f._op == "not":
        inner: Formula = f._args[0]
        return inner
    result: Formula = _new(Formula, "not", (f,), None)
    return result


def junction(op: str, parts: Iterable[Formula]) -> Formula:
    """The conjunction or the disjunction of formulas, as a set."""
    neutral, absorbing = ("true", "false") if op == "and" else ("false", "true")
    kept: dict[Formula, None] = {}
    for part in parts:
        if part._op == absorbing:
            return part
        for inner in part._args if part._op == op else (part,):
            if inner._op != neutral:
                kept[inner] = None
    if not kept:
        return formula(op == "and")
    if len(kept) == 1:
        return next(iter(kept))
    result: Formula = _new(Formula, op, tuple(sorted(kept, key=order_key)), None)
    return result


def implication(a: Formula, b: Formula) -> Formula:
    """``b`` where ``a`` holds."""
    return junction("or", [negation(a), b])


def iff(a: Formula, b: Formula) -> Formula:
    """Both or neither."""
    return junction("and", [implication(a, b), implication(b, a)])


def for_all(variables: Iterable[Variable], f: Formula) -> Formula:
    """The formula for all values of variables; those that do not occur are left out."""
    bound = tuple(v for v in Variables(variables) if v in f._free())
    if not bound:
        return f
    result: Formula = _new(Formula, "forall", (f,), bound)
    return result


def _mapping(what: tuple[Any, ...]) -> dict[Variable, Any]:
    if len(what) == 2 and isinstance(what[0], Variable):
        return {what[0]: what[1]}
    if what and all(isinstance(part, Mapping) for part in what):
        return {variable: value for part in what for variable, value in part.items()}
    raise TypeError("expected Substitute(variable, value) or Substitute({variable: value, …})")
