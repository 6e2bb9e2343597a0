"""Every question: both sides, against sampled parameters; tables; Ctrl-C; pictures."""

import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction

import pytest

import quantproof
from quantproof import Interrupted, Network, QuantproofError

RNG = random.Random(5)


def layers(*widths):
    """A random network."""
    rows = lambda a, b: [[RNG.uniform(-1.5, 1.5) for _ in range(a)] for _ in range(b)]  # noqa: E731
    last = len(widths) - 2
    return [(rows(a, b), [RNG.uniform(-0.5, 0.5) for _ in range(b)], "linear" if k == last else "relu")
            for k, (a, b) in enumerate(zip(widths, widths[1:]))]  # fmt: skip


SMALL = layers(2, 5, 2)
#: one whose global question takes long
LARGE = layers(6, 24, 24, 3)


def confidence(given, x, moved=lambda v: v):
    for weights, biases, activation in given:
        x = [sum(moved(w) * v for w, v in zip(row, x)) + moved(b) for row, b in zip(weights, biases)]
        x = [max(0.0, v) for v in x] if activation == "relu" else x
    powers = [math.exp(v - max(x)) for v in x]
    return [p / sum(powers) for p in powers]


def test_sampled_parameters_stay_within_the_bounds():
    network = Network.from_layers(SMALL, domain=(-1, 1))
    point, epsilon = [0.5, -0.75], 0.05
    trained = confidence(SMALL, point)
    found = network.local(point, epsilon=epsilon)
    largest = 0.0
    for _ in range(3000):
        moved = confidence(SMALL, point, lambda v: v + RNG.choice([-epsilon, epsilon]))
        largest = max(largest, abs(moved[0] - trained[0]))
    assert largest <= found.upper + 1e-12
    assert found.lower >= largest - 0.02
    everywhere = network.global_(epsilon=epsilon)
    assert everywhere.upper >= found.lower and everywhere.upper - everywhere.lower <= 0.001
    low, high = everywhere.fractions
    assert Fraction(everywhere.lower) <= low <= high <= Fraction(everywhere.upper)
    parameter = everywhere.witness.parameters[0]
    assert abs(parameter.value - parameter.trained) <= Fraction(1, 20) + Fraction(1, 10**15)


def test_questions_of_yes_or_no():
    network = Network.from_layers(SMALL, domain=(-1, 1))
    radius = network.radius([0.5, -0.75], deviation=0.1)
    assert 0 < radius.lower <= radius.upper
    assert network.local([0.5, -0.75], epsilon=radius.lower * 0.99, deviation=0.1).answer == "robust"
    refuted = network.local([0.5, -0.75], epsilon=radius.upper * 1.05, deviation=0.1)
    assert refuted.answer == "violated" and refuted.code == 1 and not refuted.proved
    bits = network.bits([0.5, -0.75], deviation=0.1, least=2, most=10, curve=True)
    assert 2 <= bits.fewest <= 10 and len(bits.to_frame()) == len(bits.widths)


def test_tables():
    network = Network.from_layers(SMALL)
    points = [[RNG.uniform(-1, 1), RNG.uniform(-1, 1)] for _ in range(20)]
    table = network.local(points, epsilon=0.02)
    assert len(table) == 20
    for row, point in zip(table.rows, points):
        assert row["input"] == [Fraction(v) for v in point]
        alone = network.local(point, epsilon=0.02)
        assert row["lower"] <= alone.upper and alone.lower <= row["upper"] <= alone.upper + 0.001
    labels = [max(range(2), key=lambda c: confidence(SMALL, p)[c]) for p in points]
    found = network.flips(points, labels, quantize="int8")
    assert found.counts["never"] + found.counts["can"] + found.counts["open"] == 20
    assert found.worst_accuracy[0] <= 1.0
    with pytest.raises(QuantproofError, match="3 labels for 20 inputs"):
        network.flips(points, [0, 1, 0], epsilon=0.1)
    with pytest.raises(QuantproofError, match="finite"):
        network.flips([[math.nan, 0.0]], epsilon=0.1)


def test_numpy_arrays():
    numpy = pytest.importorskip("numpy")
    network = Network.from_layers(SMALL)
    points = numpy.array([[0.5, -0.25], [0.125, 1.0]], dtype="float32")
    assert network.local(points, epsilon=0.01).rows[1]["input"] == [Fraction(1, 8), 1]
    assert network.local(points[0], epsilon=0.01).upper > 0
    assert network.flips(points, numpy.array([0, 1]), epsilon=0.01).counts["inputs"] == 2


def test_the_other_questions():
    a, b = Network.from_layers(SMALL, domain=(-1, 1)), Network.from_layers(layers(2, 4, 2), domain=(-1, 1))
    apart = a.difference(b)
    point = [Fraction(v) for v in apart.witness.input]
    gap = max(abs(p - q) for p, q in zip(confidence(SMALL, map(float, point)), [0, 0]))
    assert 0 <= apart.lower <= apart.upper <= 1 and gap <= 1
    shares = a.sensitivity([0.5, 0.5], epsilon=0.01)
    assert {share["layer"] for share in shares.shares} == {0, 1} and shares.upper > 0
    region = a.safe_region(epsilon=0.01, gap=0.2)
    assert 0 <= region.safe_share[0] <= region.safe_share[1] <= 1 and len(region.to_frame()) == len(region.pieces)


def test_verify(tmp_path):
    file = tmp_path / "p.vnnlib"
    file.write_text(
        "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)(declare-const Y_1 Real)"
        "(assert (<= X_0 0.5))(assert (>= X_0 0.5))(assert (<= X_1 0.5))(assert (>= X_1 0.5))(assert (>= Y_0 1000))"
    )
    assert Network.from_layers(SMALL, output="none").verify(file).competition == "unsat"


def test_errors_carry_the_words_of_the_command():
    network = Network.from_layers(SMALL)
    with pytest.raises(QuantproofError, match="domain"):
        network.global_(epsilon=0.1)
    with pytest.raises(QuantproofError, match="--nonsense"):
        network.local([0, 0], epsilon=0.1, nonsense=True)
    with pytest.raises(QuantproofError):
        network.local([0, 0, 0], epsilon=0.1)


def test_control_c_is_heeded_at_once_and_leaves_the_bounds_so_far():
    network = Network.from_layers(LARGE, domain=(-1, 1))
    pressed = []

    def press():
        pressed.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Timer(0.5, press).start()
    with pytest.raises(Interrupted) as caught:
        network.global_(epsilon=0.01, jobs=1)
    assert time.monotonic() - pressed[0] < 0.2
    assert 0 <= caught.value.answer.lower <= caught.value.answer.upper <= 1
    assert caught.value.answer.data["stop"] == "interrupted"


def test_progress_and_the_lock():
    network = Network.from_layers(LARGE, domain=(-1, 1))
    told, counted = [], [0]
    running = True

    def count():
        while running:
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    found = network.global_(epsilon=0.01, timeout=1.0, progress=told.append, jobs=1)
    running = False
    thread.join()
    assert found.answer in ("bounds", "timeout") and counted[0] > 100
    assert found.code == 0 or "boxes examined" in told[-1]
    assert network.global_(epsilon=0.01, timeout=0.2, progress=True).upper <= 1


def test_shown():
    network = Network.from_layers(SMALL, domain=(-1, 1))
    found = network.global_(epsilon=0.01)
    assert "<svg" in found._repr_html_() and "bounds" in str(found)
    assert "<html" in found.page().lower()
    flips = network.flips([[0.5, 0.5], [0.1, 0.2]], epsilon=0.2)
    assert list(flips.to_frame()["line"]) == [1, 2]
    pytest.importorskip("matplotlib").use("Agg")
    bits = network.bits([0.5, -0.75], deviation=0.1, least=2, most=8)
    for answer in [found, flips, network.local([[0.5, 0.5]], epsilon=0.1), bits,
                   network.sensitivity([0.5, 0.5], epsilon=0.01), network.safe_region(epsilon=0.01, gap=0.3)]:  # fmt: skip
        assert answer.plot().get_figure() is not None


def test_the_command():
    run = subprocess.run([sys.executable, "-m", "quantproof", "--version"], capture_output=True, text=True)
    assert run.stdout == f"quantproof {quantproof.__version__}\n"
    run = subprocess.run([sys.executable, "-m", "quantproof", "show", "nowhere"], capture_output=True, text=True)
    assert run.returncode == 2 and run.stderr.startswith("error: nowhere")


def test_an_old_processor_is_refused_by_name(monkeypatch):
    from quantproof import _processor

    monkeypatch.setattr(_processor, "missing", lambda text: ["avx2"])
    monkeypatch.setattr(_processor.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(_processor.sys, "platform", "linux")
    with pytest.raises(ImportError, match="lacks avx2; expected x86-64-v3"):
        _processor.check()
