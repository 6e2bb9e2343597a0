"""Values, derivatives, substitution and expansion of expressions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from ._expression import (
    Expression, Formula, Variable, VariableType, _compare, _power, _product, _quotient, _sum,
    call, choose, constant, exact, expression, for_all, formula, junction, negation, postorder,
)  # fmt: skip

_FUNCTIONS: dict[str, Callable[..., float]] = {
    "log": math.log, "exp": math.exp, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "tan": math.tan,
    "asin": math.asin, "acos": math.acos, "atan": math.atan, "atan2": math.atan2, "sinh": math.sinh,
    "cosh": math.cosh, "tanh": math.tanh,
}  # fmt: skip
_PLAIN: dict[str, Callable[..., Any]] = {"abs": abs, "min": min, "max": max}
_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
}  # fmt: skip


def evaluate(root: Any, environment: Mapping[Variable, Any]) -> Any:
    """The value at a point: exact as long as only rational operations take part, in doubles from there on."""
    missing = [v for v in root._free() if v not in environment]
    if missing:
        raise RuntimeError(f"no value for {', '.join(sorted(v.get_name() for v in missing))} in {root}")
    values: dict[int, Any] = {}
    for node in postorder([root]):
        if node._op == "var":
            values[id(node)] = exact(environment[node._args[0]])
        elif node._op == "bool":
            values[id(node)] = bool(environment[node._args[0]])
        else:
            values[id(node)] = _value(node, [values[id(part)] for part in node._args])
    return values[id(root)]


def _value(node: Any, parts: list[Any]) -> Any:
    op = node._op
    if op == "const":
        return node._data
    if op == "+":
        return sum((a * x for a, x in zip(node._data[1], parts)), node._data[0])
    if op == "*":
        value = node._data[0]
        for x, n in zip(parts, node._data[1]):
            value = value * _raise(x, n)
        return value
    if op == "/":
        return parts[0] / parts[1]
    if op == "pow":
        return _raise(*parts)
    if op in ("abs", "min", "max"):
        return _PLAIN[op](*parts)
    if op in _FUNCTIONS:
        return _FUNCTIONS[op](*map(float, parts))
    if op in _RELATIONS:
        return _RELATIONS[op](*parts)
    if op in ("and", "or"):
        return (all if op == "and" else any)(parts)
    if op == "not":
        return not parts[0]
    if op == "ite":
        return parts[1] if parts[0] else parts[2]
    if op in ("true", "false"):
        return op == "true"
    raise RuntimeError(f"{node}, which has no value at a point: it is quantified")


def _raise(x: Any, n: Any) -> Any:
    if isinstance(x, Fraction) and isinstance(n, Fraction) and n.denominator == 1 and abs(n) <= 1000:
        return x ** int(n)
    return math.pow(x, n)


def rebuild(node: Any, parts: list[Any]) -> Any:
    """The node with other operands, simplified."""
    op = node._op
    if op == "+":
        return _sum(zip(node._data[1], parts), node._data[0])
    if op == "*":
        result = constant(node._data[0])
        for part, n in zip(parts, node._data[1]):
            result = _product(result, _power(part, constant(n)))
        return result
    if op == "/":
        return _quotient(*parts)
    if op == "pow":
        return _power(*parts)
    if op == "ite":
        return choose(*parts)
    if op in ("and", "or"):
        return junction(op, parts)
    if op == "not":
        return negation(parts[0])
    if op == "forall":
        return for_all(node._data, parts[0])
    if op in _RELATIONS:
        return _compare(op, *parts)
    if op in ("const", "true", "false"):
        return node
    return call(op, *parts)


def substitute(root: Any, mapping: Mapping[Variable, Any]) -> Any:
    """The node with variables replaced; a quantified variable stays."""
    replaced: dict[Variable, Any] = {}
    for variable, value in mapping.items():
        is_bool = variable.get_type() is VariableType.Bool
        replaced[variable] = formula(value) if is_bool else expression(value)
    return _substitute(root, replaced)


def _substitute(root: Any, mapping: dict[Variable, Any]) -> Any:
    results: dict[int, Any] = {}
    bound = {v for node in postorder([root]) if node._op == "forall" for v in node._data}
    for node in postorder([root]):
        if node._op in ("var", "bool"):
            results[id(node)] = mapping.get(node._args[0], node)
        elif node._op == "forall":
            free = {v: e for v, e in mapping.items() if v not in node._data}
            caught = {v for e in free.values() for v in e._free()} & set(node._data)
            if caught:
                raise ValueError(f"a value that speaks of {min(map(str, caught))}, which {node} quantifies")
            results[id(node)] = for_all(node._data, _substitute(node._args[0], free))
        elif bound and node._free() & bound:
            # below a quantifier, which does its own substitution
            results[id(node)] = node
        else:
            results[id(node)] = rebuild(node, [results[id(part)] for part in node._args])
    if bound and root._op != "forall" and root._free() & bound:
        raise ValueError(f"{root} uses a variable both free and quantified")
    return results[id(root)]




_DERIVATIVES: dict[str, Callable[[Expression], Expression]] = {
    "log": lambda e: 1 / e,
    "exp": lambda e: call("exp", e),
    "sqrt": lambda e: 1 / (2 * call("sqrt", e)),
    "sin": lambda e: call("cos", e),
    "cos": lambda e: -call("sin", e),
    "tan": lambda e: 1 / call("cos", e) ** 2,
    "asin": lambda e: 1 / call("sqrt", 1 - e**2),
    "acos": lambda e: -1 / call("sqrt", 1 - e**2),
    "atan": lambda e: 1 / (1 + e**2),
    "sinh": lambda e: call("cosh", e),
    "cosh": lambda e: call("sinh", e),
    "tanh": lambda e: 1 / call("cosh", e) ** 2,
}


def differentiate(root: Expression, variable: Variable) -> Expression:
    """The derivative. Where ``abs``, ``min`` and ``max`` have none, it is that of one side."""
    zero, results = constant(0), {}  # type: tuple[Expression, dict[int, Expression]]
    for node in postorder([root]):
        if isinstance(node, Formula) or node._op == "const":
            continue
        if node._op == "var":
            results[id(node)] = constant(1 if node._args[0] is variable else 0)
            continue
        parts = [results.get(id(part), zero) for part in node._args]
        results[id(node)] = _derivative(node, parts)
    return results.get(id(root), zero)


def _derivative(node: Expression, inner: list[Expression]) -> Expression:
    op = node._op
    args: tuple[Any, ...] = node._args
    if op == "+":
        return _sum(zip(node._data[1], inner))
    if all(d._op == "const" and d._data == 0 for d in inner) and op != "ite":
        return constant(0)
    if op == "*":
        terms = []
        for index, (base, n) in enumerate(zip(args, node._data[1])):
            term = constant(n * node._data[0]) * base ** (n - 1) * inner[index]
            for other, (factor, m) in enumerate(zip(args, node._data[1])):
                term = term if other == index else term * factor**m
            terms.append((1, term))
        return _sum(terms)
    if op == "/":
        return expression((inner[0] * args[1] - args[0] * inner[1]) / args[1] ** 2)
    if op == "pow":
        base, n = args
        if n._op == "const":
            return expression(n * base ** (n - 1) * inner[0])
        return expression(node * (inner[1] * call("log", base) + n * inner[0] / base))
    if op == "atan2":
        return expression((args[1] * inner[0] - args[0] * inner[1]) / (args[0] ** 2 + args[1] ** 2))
    if op == "abs":
        return choose(args[0] < 0, -inner[0], inner[0])
    if op in ("min", "max"):
        first = args[0] <= args[1] if op == "min" else args[0] >= args[1]
        return choose(first, inner[0], inner[1])
    if op == "ite":
        return choose(args[0], inner[1], inner[2])
    slope: Expression = _DERIVATIVES[op](args[0])
    return slope * inner[0]


def expand(root: Expression) -> Expression:
    """Products distributed over sums."""
    results: dict[int, Any] = {}
    for node in postorder([root]):
        if node._op in ("var", "bool"):
            results[id(node)] = node
            continue
        parts = [results[id(part)] for part in node._args]
        if node._op == "*":
            result = constant(node._data[0])
            for part, n in zip(parts, node._data[1]):
                result = _multiplied_out(result, _expanded_power(part, constant(n)))
        elif node._op == "pow":
            result = _expanded_power(*parts)
        elif node._op == "+":
            result = _sum(
                [(1, _multiplied_out(constant(a), part)) for a, part in zip(node._data[1], parts)], node._data[0]
            )
        else:
            result = rebuild(node, parts)
        results[id(node)] = result
    answer: Expression = results[id(root)]
    return answer


def _addends(e: Expression) -> list[Expression]:
    if e._op != "+":
        return [e]
    start = [constant(e._data[0])] if e._data[0] != 0 else []
    return start + [_product(constant(a), term) for a, term in zip(e._data[1], e._args)]


def _multiplied_out(a: Expression, b: Expression) -> Expression:
    return _sum([(1, _product(x, y)) for x, y in product(_addends(a), _addends(b))])


def _expanded_power(base: Expression, n: Expression) -> Expression:
    if base._op == "+" and n._op == "const" and n._data.denominator == 1 and 2 <= n._data <= 64:
        result = base
        for _ in range(int(n._data) - 1):
            result = _multiplied_out(result, base)
        return result
    return _power(base, n)
