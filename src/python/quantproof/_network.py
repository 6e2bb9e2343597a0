"""Networks and the questions about them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from . import _convert
from ._answers import Answer, Bits, Bounds, Flips, Region, Rows, Shares, Verdict, _witness
from ._command import Document, Interrupted, Progress, QuantproofError, _number, command, numbers, options, parse

_A = TypeVar("_A", bound=Answer)
#: exact ends of inputs' intervals, by name; ``None`` is the domain of the model
DomainLike = Mapping[str, tuple[Any, Any]] | tuple[Any, Any] | None


def _domain(domain: DomainLike) -> str | None:
    if domain is None:
        return None
    if isinstance(domain, Mapping):
        return ",".join(f"{name}={low}..{high}" for name, (low, high) in domain.items())
    return f"{domain[0]}..{domain[1]}"


def _point(x: Any) -> str:
    values = x.tolist() if hasattr(x, "tolist") else list(x)
    return ",".join(map(_number, values))


def _is_table(x: Any) -> bool:
    shape = getattr(x, "shape", None)
    return len(shape) == 2 if shape is not None else bool(len(x)) and isinstance(x[0], (list, tuple))


class Network:
    """A trained network.

    Amounts by which parameters may move are keyword arguments of every question: ``epsilon`` (absolute), ``relative``, or
    ``quantize`` (a number format such as ``"int8:per-channel"``) with ``rounding``; ``layers`` and ``only`` restrict what
    moves. Any other option of the command ``quantproof`` is a keyword argument too, with ``_`` for ``-``. An input that is a
    ``float`` counts as the binary number that it is; an amount, as the decimal that it prints as.

    >>> net = Network.from_layers([([[1.0, -1.0], [-1.0, 1.0]], [0.0, 0.0], "linear")], domain=(-1, 1))
    >>> answer = net.local([0.5, -0.25], epsilon=0.01)
    >>> answer.lower <= answer.upper <= answer.lower + 0.001
    True
    >>> net.flips([[0.5, -0.25], [0.25, 0.25]], epsilon=0.01).counts["can"]
    1
    """

    def __init__(self, path: str | Path, *, output: str | None = None) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.path = Path(path)
        self._output = output
        shown = [str(self.path), "--json"] + ([f"--output={output}"] if output else [])
        #: what ``quantproof show`` says
        self.info: Mapping[str, Any] = parse(command(["show", *shown])[1])

    @classmethod
    def load(cls, path: str | Path, *, output: str | None = None) -> Network:
        """A network from a file ``.json``, ``.onnx`` or ``.nnet``. ``output`` says how outputs become confidences where the file
        does not: ``"softmax"``, ``"sigmoid"`` or ``"none"``."""
        return cls(path, output=output)

    @classmethod
    def _from_bytes(cls, content: bytes, ending: str, output: str | None) -> Network:
        folder = tempfile.TemporaryDirectory(prefix="quantproof-")
        path = Path(folder.name) / f"network{ending}"
        path.write_bytes(content)
        network = cls(path, output=output)
        network._folder = folder
        return network

    @classmethod
    def from_onnx(cls, model: Any, *, output: str | None = None) -> Network:
        """A network from ONNX: a path, the bytes of a file, or an ``onnx.ModelProto``."""
        if isinstance(model, (bytes, bytearray)):
            return cls._from_bytes(bytes(model), ".onnx", output)
        if hasattr(model, "SerializeToString"):
            return cls._from_bytes(model.SerializeToString(), ".onnx", output)
        return cls(model, output=output)

    @classmethod
    def from_layers(
        cls,
        layers: Sequence[tuple[Any, ...]],
        *,
        domain: DomainLike = None,
        output: str = "softmax",
        classes: Sequence[str] | None = None,
        inputs: Sequence[str] | None = None,
        name: str = "network",
    ) -> Network:
        """A network from layers ``(weights, biases, activation)``, weights a row for each output. A fourth item says what no
        perturbation moves: ``"nothing"``, ``"weights"``, ``"biases"`` or ``"all"``.

        >>> Network.from_layers([([[1.0]], [0.0], "relu"), ([[2.0]], [0.5], "linear")], output="none").info["parameters"]
        4
        """
        document = _convert.document(layers, domain, output, classes, inputs, name)
        return cls._from_bytes(json.dumps(document).encode(), ".json", None)

    @classmethod
    def from_torch(cls, module: Any, example: Any = None, *, output: str = "softmax", **more: Any) -> Network:
        """A network from a PyTorch module: ``Sequential`` of ``Linear``, ``ReLU``, ``Tanh``, ``Sigmoid``, ``Dropout``,
        ``Flatten`` and a final ``Softmax``. Anything else is exported as ONNX, for which an example input is needed."""
        layers = _convert.from_torch(module)
        if layers is not None:
            return cls.from_layers(layers, output=output, **more)
        if example is None:
            raise QuantproofError("a module that is no Sequential of known layers, expected an example input to export it with")
        return cls.from_onnx(_convert.export_torch(module, example), output=output)

    @classmethod
    def from_sklearn(cls, estimator: Any, **more: Any) -> Network:
        """A network from scikit-learn: an ``MLPClassifier``, an ``MLPRegressor``, a ``LogisticRegression``, or a ``Pipeline`` of
        ``StandardScaler``, ``MinMaxScaler`` or ``MaxAbsScaler`` before one of these. Scalers are not perturbed."""
        layers, output, classes = _convert.from_sklearn(estimator)
        return cls.from_layers(layers, **{"output": output, "classes": classes, **more})

    @classmethod
    def from_keras(cls, model: Any, *, output: str | None = None, **more: Any) -> Network:
        """A network from a Keras ``Sequential`` of ``Dense``, ``Activation``, ``Dropout`` and ``Flatten``."""
        layers, found = _convert.from_keras(model)
        return cls.from_layers(layers, output=output or found, **more)

    def __repr__(self) -> str:
        shape = "-".join(str(n) for n in [len(self.info["inputs"]), *(layer["outputs"] for layer in self.info["layers"])])
        return f"<Network {self.info['model']} {shape}>"

    def _ask(
        self,
        kind: type[_A],
        question: Sequence[str],
        given: Mapping[str, Any],
        table: bytes = b"",
        progress: Progress | bool | None = None,
        models: Sequence[str] = (),
    ) -> _A:
        own = {"output": self._output} if self._output and question[0] != "difference" else {}
        words = [*question, str(self.path), *models, *options({**own, **given})]
        code, out, stopped = command([*words, "--json"], table, progress)
        data = Document(out)
        more = {"witness": _witness(data.get("witness"))} if "witness" in kind.__dataclass_fields__ else {}
        answer = kind(answer=str(data.get("answer")), code=code, data=data, _words=words, _given=table, **more)
        if stopped:
            raise Interrupted(answer)
        return answer

    def local(self, x: Any, *, progress: Progress | bool | None = None, **amount: Any) -> Any:
        """How far the confidence can move at an input, or at each row of a table. ``deviation=T`` or ``class_change=True`` makes
        it a question of yes or no.

        >>> net = Network.from_layers([([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "linear")])
        >>> net.local([1.0, -1.0], epsilon=0.1, class_change=True).answer
        'robust'
        >>> len(net.local([[1.0, -1.0], [0.0, 2.0]], epsilon=0.1))
        2
        """
        if _is_table(x):
            return self._ask(Rows, ["local"], {"inputs": "-", **amount}, numbers(x), progress)
        return self._ask(Bounds, ["local"], {"input": _point(x), **amount}, progress=progress)

    def global_(self, *, domain: DomainLike = None, progress: Progress | bool | None = None, **amount: Any) -> Bounds:
        """How far the confidence can move anywhere in a domain.

        >>> net = Network.from_layers([([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "linear")], domain=(-1, 1))
        >>> net.global_(epsilon=0.1, deviation=0.5).proved
        True
        """
        return self._ask(Bounds, ["global"], {"domain": _domain(domain), **amount}, progress=progress)

    def radius(
        self, x: Any = None, *, domain: DomainLike = None, progress: Progress | bool | None = None, **question: Any
    ) -> Bounds:
        """The largest amount that is safe, at an input or over a domain. Needs ``deviation=T`` or ``class_change=True``.

        >>> net = Network.from_layers([([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "linear")])
        >>> radius = net.radius([1.0, 0.0], class_change=True)
        >>> radius.lower <= 1 / 3 <= radius.upper + 0.001
        True
        """
        if x is None:
            return self._ask(Bounds, ["radius", "global"], {"domain": _domain(domain), **question}, progress=progress)
        return self._ask(Bounds, ["radius", "local"], {"input": _point(x), **question}, progress=progress)

    def bits(
        self, x: Any = None, *, domain: DomainLike = None, progress: Progress | bool | None = None, **question: Any
    ) -> Bits:
        """The fewest bits of a number format that are safe, at an input, at all rows of a table, or over a domain. Needs
        ``deviation=T`` or ``class_change=True``.

        >>> net = Network.from_layers([([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "linear")])
        >>> net.bits([1.0, 0.0], class_change=True, least=2, most=8).fewest
        2
        """
        where: dict[str, Any] = {"domain": _domain(domain)}
        table = b""
        if x is not None and _is_table(x):
            where, table = {"inputs": "-"}, numbers(x)
        elif x is not None:
            where = {"input": _point(x)}
        return self._ask(Bits, ["bits"], {**where, **question}, table, progress)

    def flips(self, x: Any = None, y: Any = None, *, progress: Progress | bool | None = None, **amount: Any) -> Flips:
        """Which rows of a table can be given another class, and which never; with their right classes, the certified accuracy.
        Without a table, the held-out points of the model.

        >>> net = Network.from_layers([([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "linear")])
        >>> net.flips([[1.0, 0.0], [0.0, 1.0]], [0, 1], quantize="int8").worst_accuracy
        (1.0, 1.0)
        """
        if x is None:
            return self._ask(Flips, ["flips"], amount, progress=progress)
        return self._ask(Flips, ["flips"], {"inputs": "-", **amount}, self._table(x, y), progress)

    def _table(self, x: Any, y: Any) -> bytes:
        table = numbers(x)
        if y is None:
            return table
        labels = y.tolist() if hasattr(y, "tolist") else list(y)
        rows = table.splitlines()
        if len(labels) != len(rows):
            raise QuantproofError(f"{len(labels)} labels for {len(rows)} inputs, expected one for each")
        names = [_quoted(str(given["name"])) for given in self.info["inputs"]]
        lines = [",".join([*names, "label"]).encode()]
        lines += [row + b"," + _quoted(str(label)).encode() for row, label in zip(rows, labels)]
        return b"\n".join(lines) + b"\n"

    def difference(
        self, other: Network, *, domain: DomainLike = None, progress: Progress | bool | None = None, **question: Any
    ) -> Bounds:
        """How far the outputs of two networks can lie apart.

        >>> a = Network.from_layers([([[1.0]], [0.0], "linear")], output="none", domain=(0, 1))
        >>> b = Network.from_layers([([[1.5]], [0.0], "linear")], output="none", domain=(0, 1))
        >>> a.difference(b).upper >= 0.5
        True
        """
        given = {"domain": _domain(domain), "output": self._output or other._output, **question}
        return self._ask(Bounds, ["difference"], given, progress=progress, models=[str(other.path)])

    def sensitivity(
        self, x: Any = None, *, domain: DomainLike = None, progress: Progress | bool | None = None, **amount: Any
    ) -> Shares:
        """How much each layer contributes, or with ``per="neuron"`` or ``per="parameter"`` each of these.

        >>> net = Network.from_layers([([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "linear")])
        >>> len(net.sensitivity([1.0, 0.0], epsilon=0.1, per="neuron").shares)
        2
        """
        where: dict[str, Any] = {"domain": _domain(domain)}
        table = b""
        if x is not None and _is_table(x):
            where, table = {"inputs": "-"}, numbers(x)
        elif x is not None:
            where = {"input": _point(x)}
        return self._ask(Shares, ["sensitivity"], {**where, **amount}, table, progress)

    def safe_region(
        self,
        axes: Sequence[str] | None = None,
        x: Any = None,
        *,
        domain: DomainLike = None,
        progress: Progress | bool | None = None,
        **amount: Any,
    ) -> Region:
        """Where in a plane of inputs no parameters change the class; the other inputs are those of ``x``.

        >>> net = Network.from_layers([([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "linear")], domain=(-1, 1))
        >>> net.safe_region(epsilon=0.01, gap=0.2).safe_share[0] > 0.7
        True
        """
        where = {"axes": list(axes) if axes else None, "input": None if x is None else _point(x)}
        return self._ask(Region, ["safe-region"], {**where, "domain": _domain(domain), **amount}, progress=progress)

    def verify(self, path: str | Path, *, progress: Progress | bool | None = None, **amount: Any) -> Verdict:
        """Whether a property in VNN-LIB holds, for the trained parameters or for all within an amount."""
        return self._ask(Verdict, ["verify"], amount, progress=progress, models=[str(path)])


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n\r') else text
