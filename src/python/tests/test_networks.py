"""Networks from elsewhere compute what they compute there."""

import math
import os
import random
from fractions import Fraction

import pytest

from quantproof import Network, QuantproofError

MODEL = [([[1.5, -0.5], [0.25, 2.0], [-1.0, 0.5]], [0.1, -0.2, 0.0], "relu"), ([[1.0, -1.0, 0.5], [-0.5, 1.0, 1.0]], [0.0, 0.25], "linear")]


def confidences(network, point):
    """The confidence of each class as a witness has it, exactly evaluated for the trained parameters."""
    found = []
    for name in range(2):
        witness = network.local(point, epsilon=1e-9, class_=name).witness
        found.append(float(witness.data["confidence_nominal"]))
    return found


def softmax(logits):
    powers = [math.exp(v - max(logits)) for v in logits]
    return [p / sum(powers) for p in powers]


def test_layers_and_their_errors():
    network = Network.from_layers(MODEL, domain=(-1, 1), classes=["no", "yes"], inputs=["a", "b"])
    assert repr(network) == "<Network network 2-3-2>"
    assert network.info["classes"] == ["no", "yes"]
    hidden = [max(0.0, w[0] * 0.5 + w[1] * -0.25 + b) for w, b in zip(MODEL[0][0], MODEL[0][1])]
    logits = [sum(a * h for a, h in zip(w, hidden)) + b for w, b in zip(MODEL[1][0], MODEL[1][1])]
    assert confidences(network, [0.5, -0.25]) == pytest.approx(softmax(logits), abs=1e-9)
    with pytest.raises(QuantproofError, match="layers"):
        Network.from_layers([([[1.0]], [0.0], "relu"), ([[1.0, 2.0]], [0.0], "linear")])
    with pytest.raises(QuantproofError, match="no domain for b"):
        Network.from_layers(MODEL, inputs=["a", "b"], domain={"a": (0, 1)})
    with pytest.raises(QuantproofError, match="cannot be read"):
        Network.load("nowhere.json")


def test_what_is_made_for_a_network_goes_with_it():
    network = Network.from_layers(MODEL)
    path = network.path
    assert path.exists()
    del network
    assert not os.path.exists(path)


def test_torch():
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    module = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh()), torch.nn.Dropout(0.5),
        torch.nn.Linear(5, 2, bias=False), torch.nn.Softmax(1),
    ).eval()  # fmt: skip
    network = Network.from_torch(module)
    assert network.info["layers"][1]["fixed"] == "biases"
    rng = random.Random(1)
    for _ in range(5):
        point = [rng.uniform(-1, 1) for _ in range(3)]
        expected = module(torch.tensor([point]))[0].tolist()
        assert confidences(network, point) == pytest.approx(expected, abs=1e-5)
    with pytest.raises(QuantproofError, match="expected an example"):
        Network.from_torch(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.GELU()))


def test_onnx():
    onnx = pytest.importorskip("onnx")
    numpy = pytest.importorskip("numpy")
    helper = onnx.helper
    values = [onnx.numpy_helper.from_array(numpy.array(v, dtype="float32"), name) for name, v in
              [("w", [[1.0, -0.5], [0.25, 2.0]]), ("c", [0.5, -0.5])]]  # fmt: skip
    nodes = [helper.make_node("Gemm", ["x", "w", "c"], ["z"], transB=1), helper.make_node("Softmax", ["z"], ["y"])]
    ends = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1, 2]) for n in "xy"]
    model = helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:], values), opset_imports=[helper.make_opsetid("", 17)])
    for given in (model, model.SerializeToString()):
        network = Network.from_onnx(given)
        assert confidences(network, [1.0, 2.0]) == pytest.approx(softmax([0.5, 3.75]), abs=1e-6)


def test_sklearn():
    pytest.importorskip("sklearn")
    from sklearn.datasets import make_moons
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    x, y = make_moons(80, noise=0.1, random_state=0)
    for estimator in [
        make_pipeline(StandardScaler(), MLPClassifier((6,), max_iter=300, random_state=0)),
        make_pipeline(MinMaxScaler(), LogisticRegression()),
    ]:
        estimator.fit(x, y)
        network = Network.from_sklearn(estimator)
        assert network.info["layers"][0]["fixed"] == "all"
        assert confidences(network, x[3]) == pytest.approx(estimator.predict_proba(x[3:4])[0], abs=1e-9)
        found = network.flips(x, y, epsilon=1e-9)
        assert [row["assigned"] for row in found.rows] == [str(c) for c in estimator.predict(x)]
        right = float((estimator.predict(x) == y).mean())
        assert found.worst_accuracy[0] <= right <= found.worst_accuracy[1]
    with pytest.raises(QuantproofError, match="a PCA"):
        from sklearn.decomposition import PCA

        Network.from_sklearn(make_pipeline(PCA(), LogisticRegression()).fit(x, y))


def test_keras_models_are_read_by_their_shape():
    class Dense:
        def __init__(self, weights, biases, name):
            self.activation = type("f", (), {"__name__": name})()
            self.weights = [weights, biases]

        def get_weights(self):
            return self.weights

    class Sequential:
        layers = [Dense([[1.0, 0.5], [-1.0, 2.0]], [0.0, 0.5], "relu"), Dense([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "softmax")]

    network = Network.from_keras(Sequential())
    assert network.info["output"] == "softmax"
    assert confidences(network, [1.0, 0.5]) == pytest.approx(softmax([0.5, 2.0]), abs=1e-9)


def test_a_float_is_the_binary_number_that_it_is():
    network = Network.from_layers([([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "linear")])
    rows = network.local([[0.1, 0.0]], epsilon=0.01).rows
    assert rows[0]["input"][0] == Fraction(0.1)
