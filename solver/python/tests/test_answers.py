"""Questions: exactness, limits, progress, Ctrl-C, threads."""

import os
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction

import pytest

import deltasat
from deltasat import And, Implies, Interrupted, ScriptError, Variable, check_smt2, cos, forall, maximize, minimize, sin, solve

x, y = Variable("x"), Variable("y")


def packing(points, apart):
    """Points of the unit square so far apart; undecided for a long time near the largest possible distance."""
    ends = " ".join(f"(declare-const {v}{i} Real [0, 1])" for i in range(points) for v in "pq")
    pairs = [(i, j) for i in range(points) for j in range(i)]
    far = " ".join(f"(assert (>= (+ (^ (- p{i} p{j}) 2) (^ (- q{i} q{j}) 2)) (^ {apart} 2)))" for i, j in pairs)
    return f"{ends} {far} (check-sat)"


HARD = packing(8, 0.53)


def test_verdicts():
    assert solve(x * x == -1).verdict == "unsat"
    answer = solve(x * x == 2, x > 0, precision=Fraction(1, 10**9))
    assert answer and abs(float(answer[x]) ** 2 - 2) < 1e-8
    assert answer.interval(x).lb() <= float(answer[x]) <= answer.interval(x).ub()
    assert not solve(And(x > 1, x < 0))


def test_numbers_are_exact_and_never_rounded_inward():
    answer = solve(3 * x == 1)
    assert isinstance(answer[x], Fraction) and answer.exact
    enclosure = answer.interval(x)
    assert Fraction(enclosure.lb()) <= answer[x] <= Fraction(enclosure.ub())
    minimum = minimize(x, 3 * x >= 1, domain={x: (0, 1)}, precision=1e-9).minimum
    low, high = minimum.fractions
    assert low <= Fraction(1, 3) <= high and high - low <= Fraction(1, 10**9)


def test_optimisation_encloses_what_sampling_finds():
    f = sin(3 * x) + x * x / 2
    answer = minimize(f, domain={x: (-4, 4)}, precision=1e-6)
    sampled = min(f.Evaluate({x: i / 500}) for i in range(-2000, 2001))
    assert answer.minimum.lower <= sampled and answer.minimum.upper <= sampled + 1e-6
    assert maximize(-f, domain={x: (-4, 4)}, precision=1e-6).minimum.maximised
    assert minimize(x, x > 3, domain={x: (0, 1)}).verdict == "unsat"


def test_quantifiers():
    lowest = And(0 <= x, x <= 4, forall([y], Implies(And(0 <= y, y <= 4), cos(x) <= cos(y) + 0.01)))
    answer = solve(lowest, precision=0.001)
    assert abs(float(answer[x]) - 3.14159) < 0.2


def test_scripts():
    transcript = check_smt2("(declare-const n Int) (assert (> n 4)) (check-sat) (get-model)", precision=Fraction(1, 8))
    assert transcript.answers[0].model["n"] >= 5
    assert transcript.output.startswith("delta-sat with delta = 0.125")
    with pytest.raises(ScriptError, match="line 2 column 9"):
        check_smt2("(declare-const x Real)\n(assert y)")
    assert check_smt2("var: [0, 1] x; ctr: x * x = 0.25;", dr=True).answers[0].verdict == "delta-sat"


def test_a_time_limit_gives_unknown_with_a_reason():
    answer = check_smt2(HARD, precision=1e-12, time_limit=0.3).answers[0]
    assert answer.verdict == "unknown" and answer.reason == "out of time"
    with pytest.raises(ValueError, match="expected seconds"):
        check_smt2(HARD, time_limit=-1)


def test_progress_is_told_and_may_stop_the_search():
    told = []
    check_smt2(HARD, precision=1e-12, time_limit=0.3, progress=lambda *figures: told.append(figures))
    assert told and told[-1][2] >= told[0][2]

    class Enough(Exception):
        pass

    def stop(*_):
        raise Enough

    started = time.monotonic()
    with pytest.raises(Enough):
        check_smt2(HARD, precision=1e-12, time_limit=60, progress=stop)
    assert time.monotonic() - started < 5


def test_control_c_is_heeded_at_once_and_leaves_what_is_known():
    for _ in range(3):
        pressed = []

        def press():
            pressed.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        timer = threading.Timer(0.3, press)
        timer.start()
        with pytest.raises(Interrupted) as caught:
            check_smt2(HARD, precision=1e-12, time_limit=60)
        assert time.monotonic() - pressed[0] < 0.2
        assert caught.value.answer.verdict == "unknown" and caught.value.answer.reason == "interrupted"
        assert isinstance(caught.value, KeyboardInterrupt)


def test_the_lock_is_released():
    counted = [0]
    running = True

    def count():
        while running:
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    check_smt2(HARD, precision=1e-12, time_limit=0.5)
    running = False
    thread.join()
    assert counted[0] > 50


def test_threads_ask_at_the_same_time():
    answers = [None] * 4

    def ask(i):
        v = Variable("v")
        answers[i] = solve(v * v == i + 1, v > 0)[v]

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert all(abs(float(answer) ** 2 - i - 1) < 0.01 for i, answer in enumerate(answers))


def test_shown():
    answer = solve(x == 3)
    assert str(answer) == "delta-sat with delta = 0.001\nx : [3, 3]"
    assert "<table>" in answer._repr_html_() and "[3, 3]" in answer._repr_html_()
    pandas = pytest.importorskip("pandas")
    frame = answer.to_frame()
    assert isinstance(frame, pandas.DataFrame) and frame["lower"][0] == 3.0


def test_an_old_processor_is_refused_by_name(monkeypatch):
    from deltasat import _processor

    assert _processor.missing("flags\t: fpu sse2 avx") == ["avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"]
    monkeypatch.setattr(_processor, "missing", lambda text: ["avx2"])
    monkeypatch.setattr(_processor.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(_processor.sys, "platform", "linux")
    with pytest.raises(ImportError, match="lacks avx2; expected x86-64-v3"):
        _processor.check()


def test_a_script_for_dreal_runs_unchanged(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import sys\nfrom dreal import *\nx = Variable('x')\nprint(CheckSatisfiability(x == 2, 0.001), *sys.argv[1:])\n")
    run = subprocess.run([sys.executable, "-m", "deltasat.dreal", str(script), "more"], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("x : [2, 2] more\n", "")


def test_the_version_is_that_of_the_engine():
    assert deltasat.__version__ == deltasat._core.__version__
