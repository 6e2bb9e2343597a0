"""Makes the models of `recorded/` and what ONNX Runtime says of them; the tests only read the results.

    python3 tests/network_onnx/record.py [NAME...]

Inputs are numbers of a generator that recorded.rs has too; each NAME.f32 holds the outputs, one row after the other.
"""

import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

POINTS = 100
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded")
MODELS = {}


def numbers(count, state=1):
    """Floats of [-2, 2), each a multiple of 2^-22."""
    out = np.empty(count, np.float32)
    for i in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        out[i] = np.float32((state >> 8) / 2**24 * 4 - 2)
    return out


class Builder:
    def __init__(self, shape, opset=13, inputs=None):
        self.inputs = inputs or {"x": shape}
        self.nodes, self.constants, self.opset, self.count = [], [], opset, 0

    def weight(self, *shape, dtype=np.float32, spread=0.5, at=0.0):
        self.count += 1
        values = numbers(int(np.prod(shape)), 77 + self.count).reshape(shape)
        return self.constant((values * spread + at).astype(dtype))

    def constant(self, values):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, operator, operands, outputs=1, domain="", **attributes):
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, operands, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def dense(self, x, inputs, outputs):
        return self.node("Gemm", [x, self.weight(outputs, inputs), self.weight(outputs)], transB=1)

    def head(self, x, outputs):
        """A last layer over all numbers of a value."""
        session = onnxruntime.InferenceSession(self.model(x).SerializeToString())
        feed = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs()}
        width = session.run(None, feed)[0].size
        return self.model(self.dense(self.node("Reshape", [x, self.constant(np.int64([1, -1]))]), width, outputs))

    def model(self, y):
        outputs = [y] if isinstance(y, str) else y
        value = lambda n, s: helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
        graph = helper.make_graph(
            self.nodes,
            "g",
            [value(n, s) for n, s in self.inputs.items()],
            [value(n, None) for n in outputs],
            self.constants,
        )
        opsets = [helper.make_opsetid("", self.opset)]
        if any(n.domain == "com.microsoft" for n in self.nodes):
            opsets.append(helper.make_opsetid("com.microsoft", 1))
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def recorded(make):
    MODELS[make.__name__] = make
    return make


def perceptron(operator, opset=13, **attributes):
    """4-8-2 with an activation, whose constants are made by functions."""
    b = Builder([1, 4], opset)
    operands = attributes.pop("operands", lambda b: [])
    h = b.dense("x", 4, 8)
    h = b.node(operator, [h] + operands(b), **attributes)
    return b.model(b.dense(h, 8, 2))


for _name, _operator, _attributes in [
    ("leaky_relu", "LeakyRelu", {"alpha": 0.1}),
    ("leaky_relu_steep", "LeakyRelu", {"alpha": 1.5}),
    ("abs", "Abs", {}),
    ("relu6", "Clip", {"operands": lambda b: [b.constant(np.float32(0)), b.constant(np.float32(0.6))]}),
    ("clip_above", "Clip", {"operands": lambda b: ["", b.constant(np.float32(0.3))]}),
    ("clip_attributes", "Clip", {"opset": 8, "min": -0.25, "max": 0.5}),
    ("hard_sigmoid", "HardSigmoid", {"alpha": 0.3}),
    ("max_constant", "Max", {"operands": lambda b: [b.constant(np.float32(-0.2))]}),
    ("min_constant", "Min", {"operands": lambda b: [b.constant(np.float32(0.2))]}),
    ("prelu_one", "PRelu", {"operands": lambda b: [b.constant(np.float32([-0.5]))]}),
]:
    MODELS[_name] = lambda o=_operator, a=_attributes: perceptron(o, **dict(a))


@recorded
def gemm_factors():
    b = Builder([1, 4])
    h = b.node("Relu", [b.node("Gemm", ["x", b.weight(4, 6), b.weight(6)], alpha=0.5, beta=2.0)])
    return b.model(b.node("Gemm", [h, b.weight(6, 2), b.weight(2)], alpha=0.3, beta=0.7))


@recorded
def batch_normalization():
    b = Builder([1, 4])
    h = b.dense("x", 4, 6)
    h = b.node("BatchNormalization", [h, b.weight(6, at=1), b.weight(6), b.weight(6), b.weight(6, at=1.5)], epsilon=1e-3)
    return b.model(b.dense(b.node("Relu", [h]), 6, 2))


@recorded
def whole_convolution():
    b = Builder([1, 2, 1, 3])
    s = b.node("Sub", ["x", b.weight(1, 2, 1, 3)])
    h = b.node("Relu", [b.node("Conv", [s, b.weight(5, 2, 1, 3), b.weight(5)], kernel_shape=[1, 3])])
    return b.model(b.node("Flatten", [b.node("Conv", [h, b.weight(2, 5, 1, 1)], kernel_shape=[1, 1])]))


@recorded
def quantised_constants():
    b = Builder([1, 4])
    scale, zero = b.constant(np.float32(0.037)), b.constant(np.int8(3))
    q = b.node("QuantizeLinear", [b.weight(4, 6), scale, zero])
    w = b.node("DequantizeLinear", [q, scale, zero])
    h = b.node("Relu", [b.node("Add", [b.node("MatMul", ["x", w]), b.weight(6)])])
    channels = b.constant(np.float32([0.01, 0.03])), b.constant(np.uint8([128, 100]))
    q = b.node("QuantizeLinear", [b.weight(6, 2), *channels], axis=1)
    return b.model(b.node("MatMul", [h, b.node("DequantizeLinear", [q, *channels], axis=1)]))


@recorded
def convolution():
    b = Builder([1, 2, 7, 6])
    h = b.node("Conv", ["x", b.weight(4, 2, 3, 3), b.weight(4)], strides=[2, 1], pads=[1, 0, 0, 1])
    h = b.node("Relu", [h])
    h = b.node("Conv", [h, b.weight(4, 2, 2, 2)], group=2, auto_pad="SAME_UPPER")
    h = b.node("Conv", [h, b.weight(4, 1, 2, 2)], group=4, dilations=[1, 2], auto_pad="VALID")
    h = b.node("Add", [h, b.weight(1, 4, 1, 1)])
    return b.head(b.node("Relu", [h]), 3)


@recorded
def convolution_of_sequence():
    b = Builder([1, 3, 9])
    h = b.node("Relu", [b.node("Conv", ["x", b.weight(4, 3, 4), b.weight(4)], strides=[2], auto_pad="SAME_LOWER")])
    h = b.node("BatchNormalization", [h, b.weight(4, at=1), b.weight(4), b.weight(4), b.weight(4, at=1.5)])
    h = b.node("GlobalAveragePool", [h])
    return b.model(b.dense(b.node("Reshape", [h, b.constant(np.int64([1, -1]))]), 4, 2))


@recorded
def pools():
    b = Builder([1, 2, 6, 7])
    h = b.node("Conv", ["x", b.weight(3, 2, 2, 2), b.weight(3)])
    a = b.node("MaxPool", [h], kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1])
    c = b.node("AveragePool", [h], kernel_shape=[2, 3], strides=[2, 2], pads=[1, 1, 0, 1])
    d = b.node("AveragePool", [h], kernel_shape=[2, 3], strides=[2, 2], pads=[1, 1, 0, 1], count_include_pad=1)
    e = b.node("MaxPool", [h], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    g = b.node("GlobalMaxPool", [h])
    parts = [b.node("Flatten", [p]) for p in (a, c, d, e, g)]
    h = b.node("Concat", parts, axis=1)
    return b.head(h, 2)


@recorded
def residual():
    b = Builder([1, 2, 4, 4])
    h = b.node("Relu", [b.node("Conv", ["x", b.weight(3, 2, 3, 3), b.weight(3)], pads=[1, 1, 1, 1])])
    t = b.node("Relu", [b.node("Conv", [h, b.weight(3, 3, 3, 3), b.weight(3)], pads=[1, 1, 1, 1])])
    t = b.node("Conv", [t, b.weight(3, 3, 1, 1)])
    h = b.node("Relu", [b.node("Add", [t, h])])
    h = b.node("ReduceMean", [h], axes=[2, 3], keepdims=0)
    return b.model(b.node("Softmax", [b.dense(h, 3, 3)], axis=-1))


@recorded
def moves():
    b = Builder([1, 3, 4])
    t = b.node("Transpose", ["x"], perm=[0, 2, 1])
    p, q = b.node("Split", [t, b.constant(np.int64([1, 3]))], outputs=2, axis=1)
    s = b.node("Slice", [q] + [b.constant(np.int64(v)) for v in ([-1, 2], [-9, 0], [1, 2], [-1, -1])])
    g = b.node("Gather", ["x", b.constant(np.int64([2, 0, 0]))], axis=-1)
    flat = [b.node("Flatten", [v]) for v in (p, s, g)]
    h = b.node("Concat", flat + [b.constant(np.float32([[0.5, -0.25]]))], axis=1)
    h = b.node("Unsqueeze", [h, b.constant(np.int64([0]))])
    h = b.node("Pad", [h, b.constant(np.int64([0, 0, 1, 0, 0, 2])), b.constant(np.float32(0.75))])
    r = b.node("Pad", [h, b.constant(np.int64([0, 0, 2, 0, 0, -3]))], mode="reflect")
    h = b.node("Squeeze", [r, b.constant(np.int64([0]))])
    return b.head(h, 2)


@recorded
def two_inputs():
    b = Builder(None, inputs={"x": [1, 3], "u": [1, 2]})
    h = b.node("Relu", [b.dense("x", 3, 4)])
    t = b.node("Tanh", [b.dense("u", 2, 4)])
    h = b.node("Sub", [h, t])
    m = b.node("Max", [h, t, b.constant(np.float32(0.1))])
    n = b.node("Min", [h, b.weight(1, 4)])
    p = b.node("PRelu", [n, b.weight(4)])
    return b.model(b.dense(b.node("Concat", [m, p, "u"], axis=-1), 10, 2))


@recorded
def shared_rows():
    """A matrix over the rows of a sequence, as a layer that is used several times."""
    b = Builder([1, 3, 4])
    w = b.weight(4, 4)
    h = b.node("Relu", [b.node("Add", [b.node("MatMul", ["x", w]), b.weight(4)])])
    h = b.node("Add", [b.node("MatMul", [b.weight(3, 3), h]), "x"])
    s = b.node("ReduceSum", [h, b.constant(np.int64([1]))], keepdims=0)
    m = b.node("ReduceMax", [h], axes=[1], keepdims=0)
    return b.model(b.dense(b.node("Add", [s, m]), 4, 2))


def grid(b, low, high, signed=False):
    """Scale and zero point of bytes for a range."""
    scale = np.float32((high - low) / 255)
    zero = round(-low / float(scale)) - (128 if signed else 0)
    return b.constant(scale), b.constant(np.int8(zero) if signed else np.uint8(zero))


def words(b, *shape, scale=0.01):
    return b.constant((numbers(int(np.prod(shape)), 7 + len(b.constants)).reshape(shape) * 60).astype(np.int8))


@recorded
def qdq():
    """As static quantisation writes a perceptron: all tensors through bytes."""
    b = Builder([1, 4])

    def through(x, *ends, **kind):
        g = grid(b, *ends, **kind)
        return b.node("DequantizeLinear", [b.node("QuantizeLinear", [x, *g]), *g])

    def dense(x, inputs, outputs):
        scales = b.constant((np.abs(numbers(outputs, 3)) * 0.004 + 0.002).astype(np.float32))
        w = b.node("DequantizeLinear", [words(b, outputs, inputs), scales, b.constant(np.zeros(outputs, np.int8))], axis=0)
        return b.node("Gemm", [x, w, b.weight(outputs)], transB=1)

    h = b.node("Relu", [dense(through("x", -2, 2, signed=True), 4, 6)])
    return b.model(through(dense(through(h, 0, 1.5), 6, 2), -1, 1.25, signed=True))


@recorded
def qoperators():
    b = Builder([1, 2, 5])
    x, h, m, y = grid(b, -2, 2), grid(b, 0, 1.5), grid(b, -1, 1, signed=False), grid(b, -1.5, 1.5)
    zero = lambda n: b.constant(np.zeros(n, np.int8))
    scales = b.constant(np.float32([0.004, 0.007, 0.003]))
    bias = b.constant(np.int32([300, -200, 100]))
    v = b.node("QuantizeLinear", ["x", *x])
    v = b.node("QLinearConv", [v, *x, words(b, 3, 2, 2), scales, zero(3), *h, bias], kernel_shape=[2])
    v = b.node("Reshape", [v, b.constant(np.int64([1, 12]))])
    v = b.node("QLinearMatMul", [v, *h, words(b, 12, 4), b.constant(np.float32(0.005)), b.constant(np.int8(0)), *m])
    scales = b.constant(np.float32([0.01, 0.02]))
    bias = b.constant(np.int32([1000, -500]))
    v = b.node("QGemm", [v, *m, words(b, 2, 4), scales, zero(2), bias, *y], domain="com.microsoft", transB=1)
    return b.model(b.node("DequantizeLinear", [v, *y]))


def main(names):
    for name in names or MODELS:
        model = MODELS[name]()
        data = model.SerializeToString()
        # the operators as they are defined: with all optimisations, quantised weights also quantise what they multiply
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        shapes = [[d if isinstance(d, int) else 1 for d in i.shape] for i in session.get_inputs()]
        widths = [int(np.prod(s)) for s in shapes]
        x = numbers(POINTS * sum(widths)).reshape(POINTS, -1)
        rows = []
        for row in x:
            parts = np.split(row, np.cumsum(widths)[:-1])
            feed = {i.name: p.reshape(s) for i, p, s in zip(session.get_inputs(), parts, shapes)}
            rows.append(np.concatenate([y.ravel() for y in session.run(None, feed)]))
        with open(os.path.join(FOLDER, name + ".onnx"), "wb") as f:
            f.write(data)
        np.asarray(rows, "<f4").tofile(os.path.join(FOLDER, name + ".f32"))


if __name__ == "__main__":
    main(sys.argv[1:])
