"""Expressions and formulas as text: infix as dReal prints it, prefix, and SMT-LIB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from ._expression import Expression, Formula, Variable, VariableType, postorder, shortest

_INFIX = {"==", "!=", ">", ">=", "<", "<="}
#: a text longer than this gets a name of its own, so that deep expressions are written in linear time
_LONG = 2000


def infix(root: Any) -> str:
    """The text that ``str`` gives."""
    texts: dict[int, str] = {}
    for node in postorder([root]):
        texts[id(node)] = _infix(node, [texts[id(part)] for part in node._args] if node._op not in ("var", "bool") else [])
    return texts[id(root)]


def _infix(node: Any, parts: list[str]) -> str:
    op = node._op
    if op in ("var", "bool"):
        return str(node._args[0])
    if op == "const":
        return shortest(node._data)
    if op == "+":
        return _infix_sum(node._data[0], list(zip(node._data[1], parts)))
    if op == "*":
        factors = [text if n == 1 else f"pow({text}, {shortest(n)})" for text, n in zip(parts, node._data[1])]
        return "(" + " * ".join(([shortest(node._data[0])] if node._data[0] != 1 else []) + factors) + ")"
    if op == "/":
        return f"({parts[0]} / {parts[1]})"
    if op in _INFIX:
        return f"({parts[0]} {op} {parts[1]})"
    if op in ("and", "or"):
        return "(" + f" {op} ".join(parts) + ")"
    if op == "not":
        return f"!({parts[0]})"
    if op == "ite":
        return f"(if {parts[0]} then {parts[1]} else {parts[2]})"
    if op == "forall":
        return f"forall({{{', '.join(map(str, node._data))}}}. {parts[0]})"
    if op in ("true", "false"):
        return str(op).capitalize()
    return f"{op}({', '.join(parts)})"


def _infix_sum(start: Fraction, terms: list[tuple[Fraction, str]]) -> str:
    text = shortest(start) if start != 0 else ""
    for a, term in terms:
        size = abs(a) if text else a
        scaled = term if size == 1 else f"{shortest(size)} * {term}"
        text += (" - " if a < 0 else " + ") + scaled if text else scaled
    return f"({text})"


_HEADS = {"==": "=", "pow": "^"}


def prefix(root: Any) -> str:
    """Prefix notation with the names of variables, as dReal's ``ToPrefix``."""
    texts: dict[int, str] = {}
    for node in postorder([root]):
        texts[id(node)] = _prefix(node, texts, str, shortest)
    return texts[id(root)]


def number(value: Fraction) -> str:
    """An exact number in SMT-LIB.

    >>> number(Fraction(-1, 3))
    '(- (/ 1 3))'
    """
    size = abs(value)
    text = str(size.numerator) if size.denominator == 1 else f"(/ {size.numerator} {size.denominator})"
    return f"(- {text})" if value < 0 else text


def _prefix(node: Any, texts: dict[int, str], name: Any, constant: Any) -> str:
    op = node._op
    if op in ("var", "bool"):
        return str(name(node._args[0]))
    parts: list[str] = [texts[id(part)] for part in node._args]
    if op == "const":
        return str(constant(node._data))
    if op == "+":
        start, coefficients = node._data
        terms = [text if a == 1 else f"(* {constant(a)} {text})" for a, text in zip(coefficients, parts)]
        terms = ([str(constant(start))] if start != 0 else []) + terms
        return str(terms[0]) if len(terms) == 1 else f"(+ {' '.join(terms)})"
    if op == "*":
        start, exponents = node._data
        factors = [text if n == 1 else f"(^ {text} {constant(n)})" for text, n in zip(parts, exponents)]
        factors = ([constant(start)] if start != 1 else []) + factors
        return str(factors[0]) if len(factors) == 1 else f"(* {' '.join(factors)})"
    if op in ("true", "false"):
        return str(op)
    if op == "!=":
        return f"(not (= {parts[0]} {parts[1]}))"
    if op == "forall":
        bound = " ".join(f"({name(v)} {v.get_type().name})" for v in node._data)
        return f"(forall ({bound}) {parts[0]})"
    return f"({_HEADS.get(op, op)} {' '.join(parts)})"


def symbol(variable: Variable) -> str:
    """The name of a variable in a script: its own may not be unique."""
    return f"v{variable.get_id()}"


class Script:
    """Formulas and terms written as SMT-LIB; what they share is written once."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._texts: dict[int, str] = {}
        self._declared: set[int] = set()
        self._kept: list[Any] = []

    def declare(self, variables: Iterable[Variable]) -> None:
        """Declares variables that are not declared yet."""
        for v in sorted(variables, key=Variable.get_id):
            if v.get_id() not in self._declared:
                self._declared.add(v.get_id())
                self._lines.append(f"(declare-const {symbol(v)} {v.get_type().name})")

    def write(self, roots: list[Any]) -> list[str]:
        """The texts of some formulas and terms; definitions that they need go before."""
        for root in roots:
            self.declare(root._free())
        self._kept.extend(roots)
        order = postorder(roots)
        uses = Counter(id(part) for node in order if node._op not in ("var", "bool") for part in node._args)
        bound = {v for node in order if node._op == "forall" for v in node._data}
        for node in order:
            if id(node) in self._texts:
                continue
            text = _prefix(node, self._texts, symbol, number)
            compound = node._args and node._op not in ("var", "bool")
            if compound and (uses[id(node)] > 1 or len(text) > _LONG) and not (bound & node._free()):
                name = f"t{len(self._lines)}"
                sort = "Real" if isinstance(node, Expression) else "Bool"
                self._lines.append(f"(define-const {name} {sort} {text})")
                text = name
            self._texts[id(node)] = text
        return [self._texts[id(root)] for root in roots]

    def add(self, f: Formula) -> None:
        """Asserts a formula, each part of a conjunction for itself."""
        parts = list(f._args) if f._op == "and" else [f]
        self._lines.extend(f"(assert {text})" for text in self.write(parts))

    def command(self, text: str) -> None:
        """Any other command."""
        self._lines.append(text)

    def text(self) -> str:
        """The script."""
        return "\n".join(self._lines)


__all__ = ["Script", "VariableType", "infix", "number", "prefix", "symbol"]
