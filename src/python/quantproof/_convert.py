"""Networks of other libraries as layers. None of these libraries is imported here: an object says by its class what it is."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ._command import QuantproofError

#: weights (a row for each output), biases, activation, and what no perturbation moves
Layer = tuple[Any, ...]


def _list(x: Any) -> Any:
    return x.tolist() if hasattr(x, "tolist") else x


def document(
    layers: Sequence[Layer], domain: Any, output: str, classes: Any, inputs: Any, name: str
) -> Mapping[str, Any]:
    """A network as the JSON format of the command has it."""
    if not layers:
        raise QuantproofError("no layers, expected at least one")
    written = []
    for weights, biases, activation, *fixed in layers:
        layer = {"weights": _list(weights), "biases": _list(biases), "activation": activation}
        written.append({**layer, "fixed": fixed[0]} if fixed else layer)
    width, last = len(written[0]["weights"][0]), len(written[-1]["biases"])
    names = list(inputs) if inputs is not None else [f"x{i + 1}" for i in range(width)]
    given: dict[str, Any] = {"names": names}
    if isinstance(domain, Mapping):
        missing = [name for name in names if name not in domain]
        if missing:
            raise QuantproofError(f"no domain for {', '.join(missing)}, expected one for every input")
        given["domain"] = [list(domain[name]) for name in names]
    elif domain is not None:
        given["domain"] = [list(domain)] * width
    count = 2 if output == "sigmoid" else last
    labels = [str(c) for c in classes] if classes is not None else [str(i) for i in range(count)]
    return {
        "format": "quantproof-network", "version": 1, "name": name, "input": given, "layers": written, "output": output,
        "classes": labels,
    }  # fmt: skip


_TORCH = {"ReLU": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid"}


def _leaves(module: Any) -> list[Any]:
    kind = type(module).__name__
    return [leaf for child in module.children() for leaf in _leaves(child)] if kind == "Sequential" else [module]


def from_torch(module: Any) -> list[Layer] | None:
    """The layers of a PyTorch module; ``None`` where it is no chain of known ones."""
    leaves = [leaf for leaf in _leaves(module) if type(leaf).__name__ not in ("Dropout", "Flatten", "Identity")]
    if leaves and type(leaves[-1]).__name__ in ("Softmax", "LogSoftmax"):
        # confidences keep what a softmax makes of them
        leaves.pop()
    layers: list[Layer] = []
    open_ = False
    for leaf in leaves:
        kind = type(leaf).__name__
        if kind == "Linear":
            weights = leaf.weight.detach().double().tolist()
            missing = leaf.bias is None
            biases = [0.0] * len(weights) if missing else leaf.bias.detach().double().tolist()
            layers.append((weights, biases, "linear", "biases") if missing else (weights, biases, "linear"))
            open_ = True
        elif kind in _TORCH and open_:
            weights, biases, _, *fixed = layers[-1]
            layers[-1] = (weights, biases, _TORCH[kind], *fixed)
            open_ = False
        else:
            return None
    return layers or None


def export_torch(module: Any, example: Any) -> bytes:
    """The module as ONNX, by PyTorch's own exporter."""
    import torch

    with tempfile.TemporaryDirectory(prefix="quantproof-") as folder:
        target = Path(folder) / "module.onnx"
        torch.onnx.export(module.eval(), (example,), str(target))
        return target.read_bytes()


_SKLEARN = {"relu": "relu", "tanh": "tanh", "logistic": "sigmoid", "identity": "linear"}


def _scaler(step: Any) -> Layer:
    """A scaler as a diagonal layer that no perturbation moves, in the doubles that the scaler computes with."""
    kind, width = type(step).__name__, int(step.n_features_in_)
    if kind == "StandardScaler":
        scale = [1.0] * width if step.scale_ is None else [1 / float(s) for s in step.scale_]
        mean = [0.0] * width if step.mean_ is None else [float(m) for m in step.mean_]
        shift = [-m * s for m, s in zip(mean, scale)]
    elif kind == "MinMaxScaler":
        scale, shift = [float(s) for s in step.scale_], [float(m) for m in step.min_]
    elif kind == "MaxAbsScaler":
        scale, shift = [1 / float(s) for s in step.scale_], [0.0] * width
    else:
        raise QuantproofError(f"a pipeline with a {kind}, expected StandardScaler, MinMaxScaler or MaxAbsScaler")
    weights = [[scale[i] if i == j else 0.0 for j in range(width)] for i in range(width)]
    return weights, shift, "linear", "all"


def from_sklearn(estimator: Any) -> tuple[list[Layer], str, Any]:
    """The layers of an estimator, how its outputs become confidences, and its classes."""
    before: list[Layer] = []
    if hasattr(estimator, "steps"):
        *scalers, (_, estimator) = estimator.steps
        before = [_scaler(step) for _, step in scalers if step not in (None, "passthrough")]
    kind = type(estimator).__name__
    if kind in ("MLPClassifier", "MLPRegressor"):
        inner = _SKLEARN[estimator.activation]
        pairs = list(zip(estimator.coefs_, estimator.intercepts_))
        layers = [(w.T, b, "linear" if k == len(pairs) - 1 else inner) for k, (w, b) in enumerate(pairs)]
        if kind == "MLPRegressor":
            return [*before, *layers], "none", None
        if estimator.out_activation_ == "logistic" and len(estimator.classes_) > 2:
            raise QuantproofError("an MLPClassifier of several labels at once, expected one label for each input")
        return [*before, *layers], "sigmoid" if len(estimator.classes_) == 2 else "softmax", estimator.classes_
    if kind == "LogisticRegression":
        two = len(estimator.classes_) == 2
        return [*before, (estimator.coef_, estimator.intercept_, "linear")], "sigmoid" if two else "softmax", estimator.classes_
    raise QuantproofError(f"a {kind}, expected MLPClassifier, MLPRegressor, LogisticRegression or a Pipeline of these")


_KERAS = {"relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid", "linear": "linear"}


def from_keras(model: Any) -> tuple[list[Layer], str]:
    """The layers of a Keras model, and how its outputs become confidences."""
    layers: list[Layer] = []
    output = "softmax"
    kept = [layer for layer in model.layers if type(layer).__name__ not in ("Dropout", "Flatten", "InputLayer")]
    for index, layer in enumerate(kept):
        kind, last = type(layer).__name__, index == len(kept) - 1
        name = layer.activation.__name__ if hasattr(layer, "activation") else kind.lower()
        if last and name in ("softmax", "sigmoid"):
            output, name = name, "linear"
        if name not in _KERAS:
            raise QuantproofError(f"layer {index}: activation {name}, expected relu, tanh, sigmoid, linear, or softmax at the end")
        if kind == "Dense":
            kernel, *bias = (_list(w) for w in layer.get_weights())
            weights = [list(row) for row in zip(*kernel)]
            layers.append((weights, bias[0], _KERAS[name]) if bias else (weights, [0.0] * len(weights), _KERAS[name], "biases"))
        elif kind in ("Activation", "ReLU", "Softmax") and layers and layers[-1][2] == "linear":
            weights, biases, _, *fixed = layers[-1]
            layers[-1] = (weights, biases, _KERAS[name], *fixed)
        else:
            raise QuantproofError(f"layer {index}: a {kind}, expected Dense, Activation, Dropout or Flatten")
    return layers, output
