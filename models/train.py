#!/usr/bin/env python3
"""Trains every network in this folder and writes it as network JSON version 1, and its twin as ONNX.

Pinned to Python 3.11, numpy 2.4.6, scikit-learn 1.9.1, scipy 1.17.1, onnx 1.23.2 and onnxruntime 1.32.0
(requirements.txt): with these and one kind of processor the files come out byte for byte the same. The data sets and the split come from scikit-learn; the training
is a small softmax perceptron in numpy, because scikit-learn's MLPClassifier has a single logistic output for two
classes and these networks have one logit per class.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python train.py            # writes beside this file
    venv/bin/python train.py --check    # retrains, and fails unless every file is as it was
    venv/bin/python train.py --onnx     # does not train: writes the ONNX twins of the JSON files that are here
"""

import os

# One thread and one kernel, so that sums are added up in the same order on every machine.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OPENBLAS_CORETYPE"] = "Haswell"

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits, load_iris, make_blobs, make_circles, make_moons
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- accuracy: written by train.py -->\n", "<!-- end of accuracy -->\n"

STEPS = 1000  # full-batch AdamW steps
RATE = 0.01  # AdamW's step size, falling to zero as a half cosine
# Decoupled weight decay (Loshchilov and Hutter 2019), on weights alone. The same decay as a term of the loss would
# drive neurons that the data do not need to 1e-8, and leave networks that are smaller than their shape says.
DECAY = 0.1
STARTS = 8  # random starts, of which the one with the least training loss is kept
POINTS, TEST_POINTS = 600, 100


def scaled(x):
    """Each column mapped onto [-1, 1], then cut to four decimals so that the data are short exact numbers."""
    low, high = x.min(axis=0), x.max(axis=0)
    return np.round(2 * (x - low) / (high - low) - 1, 4) + 0.0  # the sum turns -0.0 into 0.0


def data_sets():
    """Name, points, labels, names of the inputs, names of the classes, number of held-out points."""
    plane, two = ["x1", "x2"], ["0", "1"]
    x, y = make_blobs(POINTS, centers=[[-1.0, -0.6], [1.0, 0.6]], cluster_std=0.35, random_state=1)
    yield "blobs", scaled(x), y, plane, two, TEST_POINTS
    x, y = make_moons(POINTS, noise=0.1, random_state=1)
    yield "moons", scaled(x), y, plane, two, TEST_POINTS
    x, y = make_circles(POINTS, noise=0.06, factor=0.5, random_state=1)
    yield "circles", scaled(x), y, plane, two, TEST_POINTS
    iris = load_iris()
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    yield "iris", scaled(iris.data), iris.target, names, [str(c) for c in iris.target_names], 30


def forward(parameters, x, relu):
    """Activations of every layer, the input first; the last one holds the logits."""
    values = [x]
    for k, (w, b) in enumerate(parameters):
        z = values[-1] @ w.T + b
        values.append(np.maximum(z, 0.0) if relu and k + 1 < len(parameters) else z)
    return values


def loss_and_gradient(parameters, x, y, relu):
    """Mean cross entropy of the softmax, and its gradient."""
    values = forward(parameters, x, relu)
    shifted = values[-1] - values[-1].max(axis=1, keepdims=True)
    probability = np.exp(shifted)
    total = probability.sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    loss = np.mean(np.log(total[:, 0]) - shifted[rows, y])
    slope = probability / total
    slope[rows, y] -= 1.0
    slope /= len(x)
    gradient = []
    for k in reversed(range(len(parameters))):
        gradient.append((slope.T @ values[k], slope.sum(axis=0)))
        slope = slope @ parameters[k][0]
        if relu:
            slope = slope * (values[k] > 0.0)
    return loss, gradient[::-1]


def train_once(sizes, x, y, relu, seed):
    """One run of AdamW from one random start; returns the final loss and the parameters."""
    random = np.random.Generator(np.random.PCG64(seed))
    parameters = [
        (random.normal(0.0, np.sqrt(2.0 / n), (m, n)), np.zeros(m)) for n, m in zip(sizes[:-1], sizes[1:])
    ]
    flat = [p for layer in parameters for p in layer]
    mean, square = [np.zeros_like(p) for p in flat], [np.zeros_like(p) for p in flat]
    for step in range(1, STEPS + 1):
        _, gradient = loss_and_gradient(parameters, x, y, relu)
        rate = RATE * 0.5 * (1.0 + np.cos(np.pi * (step - 1) / STEPS))
        for p, g, m, v in zip(flat, [g for layer in gradient for g in layer], mean, square):
            if p.ndim == 2:
                p *= 1.0 - rate * DECAY
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= rate * (m / (1.0 - 0.9**step)) / (np.sqrt(v / (1.0 - 0.999**step)) + 1e-8)
    return loss_and_gradient(parameters, x, y, relu)[0], parameters


def train(sizes, x, y, relu, starts=STARTS):
    """The best of several starts by training loss; the held-out points play no part in the choice."""
    return min((train_once(sizes, x, y, relu, seed) for seed in range(starts)), key=lambda run: run[0])[1]


def accuracy(parameters, x, y, relu):
    return float(np.mean(forward(parameters, x, relu)[-1].argmax(axis=1) == y))


def row(numbers):
    """17 significant digits name one double each."""
    return "[" + ", ".join(format(float(v), ".17g") for v in numbers) + "]"


def rows(matrix, indent):
    gap = ",\n" + " " * indent
    return "[\n" + " " * indent + gap.join(row(r) for r in matrix) + "\n" + " " * (indent - 2) + "]"


def as_json(name, names, classes, parameters, relu, test_x, test_y):
    points = ",\n      ".join("[" + ", ".join(repr(float(v)) for v in p) + "]" for p in test_x)
    layers = []
    for k, (w, b) in enumerate(parameters):
        kind = "relu" if relu and k + 1 < len(parameters) else "linear"
        layers.append(
            '    {\n      "weights": ' + rows(w, 8) + ',\n      "biases": ' + row(b) + ',\n      "activation": "' + kind + '"\n    }'
        )
    domain = ", ".join(["[-1, 1]"] * len(names))
    return (
        '{\n  "format": "quantproof-network",\n  "version": 1,\n'
        f'  "name": {json.dumps(name)},\n'
        f'  "input": {{"names": {json.dumps(names)}, "domain": [{domain}]}},\n'
        '  "layers": [\n' + ",\n".join(layers) + "\n  ],\n"
        f'  "output": "softmax",\n  "classes": {json.dumps(classes)},\n'
        '  "data": {\n    "inputs": [\n      ' + points + "\n    ],\n"
        f'    "labels": {json.dumps([int(v) for v in test_y])}\n  }}\n}}\n'
    )



def as_onnx(network):
    """The ONNX twin of network JSON: double elements, so the parameters are the same bit for bit.

    It is made by the onnx package alone, as an exporter would, and says in its metadata what ONNX has no place for.
    """
    nodes, tensors, value = [], [], "input"
    for k, layer in enumerate(network["layers"]):
        tensors.append(numpy_helper.from_array(np.array(layer["weights"], dtype=np.float64), f"{k}.weight"))
        tensors.append(numpy_helper.from_array(np.array(layer["biases"], dtype=np.float64), f"{k}.bias"))
        nodes.append(helper.make_node("Gemm", [value, f"{k}.weight", f"{k}.bias"], [f"{k}.z"], transB=1))
        value = f"{k}.z"
        if layer["activation"] == "relu":
            nodes.append(helper.make_node("Relu", [value], [f"{k}.h"]))
            value = f"{k}.h"
    nodes.append(helper.make_node("Softmax", [value], ["probabilities"], axis=-1))

    def ends(name, width):
        return [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["batch", width])]

    inputs, classes = network["input"]["names"], network["classes"]
    graph = helper.make_graph(
        nodes, network["name"], ends("input", len(inputs)), ends("probabilities", len(classes)), tensors
    )
    model = helper.make_model(graph, producer_name="train.py", ir_version=7, opset_imports=[helper.make_opsetid("", 13)])
    told = {"name": network["name"], "names": inputs, "domain": network["input"]["domain"], "classes": classes}
    helper.set_model_props(model, {f"quantproof.{key}": json.dumps(what) for key, what in told.items()})
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def twins(networks):
    """The ONNX twin of each network JSON, and what onnxruntime says of them at some points."""
    files, seen = {}, []
    for text in networks:
        network = json.loads(text)
        files[network["name"] + ".onnx"] = model = as_onnx(network)
        width = len(network["input"]["names"])
        corners = [[-1.0] * width, [0.0] * width, [1.0] * width, [0.5 - j / width for j in range(width)]]
        points = corners + network["data"]["inputs"][:8]
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        outputs = session.run(None, {"input": np.array(points, dtype=np.float64)})[0]
        for point, output in zip(points, outputs):
            pair = {"model": network["name"], "input": point, "output": [float(v) for v in output]}
            seen.append(json.dumps(pair) + "\n")
    files["onnx_outputs.jsonl"] = "".join(seen).encode()
    return files


def digits():
    """A network of five layers for scikit-learn's digits, as ONNX alone, and a hundred held-out points with labels."""
    data = load_digits()
    x, y = data.data / 16.0, data.target
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=450, random_state=2, stratify=y)
    sizes = [64, 32, 32, 32, 32, 10]
    title = f"digits_relu_{'-'.join(map(str, sizes))}"
    names, classes = [f"x{i}" for i in range(64)], [str(i) for i in range(10)]
    parameters = train(sizes, train_x, train_y, True, starts=1)
    network = json.loads(as_json(title, names, classes, parameters, True, test_x, test_y))
    network["input"]["domain"] = [[0, 1]] * 64
    rows = [f"{','.join(repr(float(v)) for v in point)},{label}" for point, label in zip(test_x[:100], test_y)]
    seen = [100 * accuracy(parameters, *d, True) for d in ((train_x, train_y), (test_x, test_y))]
    print(f"{title}: {seen[0]:.2f} % of the training points, {seen[1]:.2f} % of the others", file=sys.stderr)
    csv = "\n".join([",".join([*names, "label"]), *rows]) + "\n"
    return {title + ".onnx": as_onnx(network), "digits_test.csv": csv.encode()}


def build():
    """Every file of this folder that is made here, as a map from its name to its bytes."""
    files, table = {}, ["| file | parameters | train | test |", "| --- | ---: | ---: | ---: |"]
    for name, x, y, inputs, classes, held_out in data_sets():
        train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=held_out, random_state=2, stratify=y)
        kinds = [("relu", h) for h in ([8],)] if name == "iris" else [
            (kind, h) for h in ([4], [8], [16, 16]) for kind in ("relu", "linear")
        ]
        for kind, hidden in kinds:
            sizes = [x.shape[1], *hidden, len(classes)]
            title = f"{name}_{kind}_{'-'.join(map(str, sizes))}"
            relu = kind == "relu"
            parameters = train(sizes, train_x, train_y, relu)
            files[title + ".json"] = as_json(title, inputs, classes, parameters, relu, test_x, test_y)
            count = sum(w.size + b.size for w, b in parameters)
            seen = [100 * accuracy(parameters, *d, relu) for d in ((train_x, train_y), (test_x, test_y))]
            table.append(f"| `{title}.json` | {count} | {seen[0]:.2f} % | {seen[1]:.2f} % |")
            print(table[-1], file=sys.stderr)
        if name == "moons":
            lines = [",".join(inputs)] + [",".join(repr(float(v)) for v in p) for p in test_x]
            files["moons_test.csv"] = "\n".join(lines) + "\n"
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    head, rest = readme.split(BEGIN)
    files["README.md"] = head + BEGIN + "\n" + "\n".join(table) + "\n\n" + END + rest.split(END)[1]
    networks = [files[name] for name in sorted(files) if name.endswith(".json")]
    return {name: text.encode() for name, text in files.items()} | twins(networks) | digits()


def main():
    arguments = argparse.ArgumentParser(description="train the networks of this folder")
    arguments.add_argument("--check", action="store_true", help="write nothing; fail unless the files are reproduced")
    arguments.add_argument("--onnx", action="store_true", help="train nothing; make the ONNX twins of the files here")
    given = arguments.parse_args()
    if given.onnx:
        made = twins([path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*_*-*.json"))])
    else:
        made = build()
    changed = 0
    for name, content in made.items():
        path = HERE / name
        if not given.check:
            path.write_bytes(content)
        elif not path.exists() or path.read_bytes() != content:
            changed += 1
            print(f"{name}: not reproduced", file=sys.stderr)
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
