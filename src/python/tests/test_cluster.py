"""Tables on many workers: the same answer as one process gives, whatever is killed."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from quantproof import Network, QuantproofError
from quantproof.cluster import Processes, flips, local

RNG = random.Random(11)
LAYERS = [([[RNG.uniform(-1, 1) for _ in range(4)] for _ in range(12)], [0.1] * 12, "relu"),
          ([[RNG.uniform(-1, 1) for _ in range(12)] for _ in range(12)], [0.0] * 12, "relu"),
          ([[RNG.uniform(-1, 1) for _ in range(12)] for _ in range(3)], [0.0] * 3, "linear")]  # fmt: skip
X = [[RNG.uniform(-1, 1) for _ in range(4)] for _ in range(60)]
Y = [RNG.randrange(3) for _ in X]
#: where the package is, for the tasks
os.environ["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)


def same(a, b):
    assert a.rows == b.rows
    timeless = [{name: value for name, value in answer.data.items() if name not in ("seconds", "model")} for answer in (a, b)]
    return timeless[0] == timeless[1]


def test_the_answer_is_that_of_one_process():
    net = Network.from_layers(LAYERS)
    assert same(flips(net, X, Y, engine=Processes(2), parts=5, quantize="int6"), net.flips(X, Y, quantize="int6"))
    question = {"epsilon": 0.01, "class_change": True}
    assert same(local(net, X, engine=Processes(2), parts=7, **question), net.local(X, **question))


def test_a_folder_goes_on_where_it_was_and_belongs_to_one_question(tmp_path):
    net = Network.from_layers(LAYERS)

    class Half:
        """Runs the first half of what it is given, and dies."""

        def run(self, commands, folder):
            Processes(2).run(commands[: len(commands) // 2], folder)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        flips(net, X, Y, engine=Half(), parts=8, folder=tmp_path, epsilon=0.01)
    there = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("rows-*")}
    assert len(there) == 4
    found = flips(net, X, Y, engine=Processes(2), parts=3, folder=tmp_path, epsilon=0.01)
    assert same(found, net.flips(X, Y, epsilon=0.01))
    assert all((tmp_path / name).stat().st_mtime_ns == made for name, made in there.items())
    with pytest.raises(QuantproofError, match="of another question"):
        flips(net, X[:5], Y[:5], engine=Processes(1), folder=tmp_path, epsilon=0.01)
    with pytest.raises(QuantproofError, match="another question"):
        flips(net, X, Y, engine=Processes(1), folder=tmp_path, epsilon=0.02)


def test_tasks_that_are_killed_are_tried_again(tmp_path):
    net = Network.from_layers(LAYERS)
    killed = [0]

    class Killing:
        """Kills every task of the first two rounds at a random moment, with the signal that cannot be caught."""

        def __init__(self):
            self.rounds = 0

        def run(self, commands, folder):
            self.rounds += 1
            if self.rounds > 2:
                return Processes(2).run(commands, folder)
            for words in commands:
                process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
                time.sleep(RNG.uniform(0, 0.2))
                killed[0] += process.poll() is None
                process.send_signal(signal.SIGKILL)
                process.wait()

    found = flips(net, X, Y, engine=Killing(), parts=6, folder=tmp_path, quantize="int6")
    assert killed[0] > 0 and same(found, net.flips(X, Y, quantize="int6"))
    assert not list(tmp_path.glob("*.tmp"))


def test_what_never_answers_is_named():
    class Nothing:
        def run(self, commands, folder):
            (folder / "errors-0.txt").write_text("error: the disk is full\n")

    with pytest.raises(QuantproofError, match=r"rows 1\.\.30: no answer after 2 attempts: error: the disk is full"):
        flips(Network.from_layers(LAYERS), X, Y, engine=Nothing(), parts=2, retries=1, epsilon=0.01)


def test_parts_that_are_late_are_cut_in_two():
    net = Network.from_layers(LAYERS)
    rounds = []

    class Watched(Processes):
        def run(self, commands, folder):
            rounds.append(len(commands))
            late = ["--timeout=0" if word == "--timeout=9" and len(rounds) == 1 else word for words in commands for word in words]
            size = len(commands[0])
            super().run([late[k : k + size] for k in range(0, len(late), size)], folder)

    found = flips(net, X, Y, engine=Watched(2), parts=2, timeout=9, epsilon=0.01)
    assert rounds == [2, 4] and same(found, net.flips(X, Y, epsilon=0.01, timeout=9))


#: kills tasks whose answers go to a folder, one after the other; waiting for HyperQueue holds the interpreter's lock, so it
#: is a process of its own
KILLER = """
import os, signal, sys, time
from pathlib import Path
killed = 0
until = time.monotonic() + 20
while killed < 6 and time.monotonic() < until:
    time.sleep(0.03)
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes()
            if int(place.name) != os.getpid() and b"quantproof.part" in words and {folder!r}.encode() in words:
                os.kill(int(place.name), signal.SIGKILL)
                killed += 1
                break
        except OSError:
            continue
print(killed)
"""


def test_hyperqueue_with_tasks_killed_at_random(tmp_path):
    hyperqueue = pytest.importorskip("hyperqueue")
    from hyperqueue.cluster import WorkerConfig

    from quantproof.cluster import HyperQueue

    net = Network.from_layers(LAYERS)
    killer = subprocess.Popen([sys.executable, "-c", KILLER.format(folder=str(tmp_path))], stdout=subprocess.PIPE, text=True)
    with hyperqueue.LocalCluster() as cluster:
        [cluster.start_worker(WorkerConfig(cores=1)) for _ in range(3)]
        engine = HyperQueue(cluster.client())
        found = flips(net, X, Y, engine=engine, parts=12, retries=9, folder=tmp_path, quantize="int6")
    killed = int(killer.communicate()[0])
    assert killed == 6 and same(found, net.flips(X, Y, quantize="int6"))


DRIVER = """
import sys, hyperqueue
sys.path[:0] = {path!r}
from hyperqueue.cluster import WorkerConfig
from quantproof.cluster import HyperQueue, flips
from test_cluster import LAYERS, X, Y, Network
with hyperqueue.LocalCluster() as cluster:
    [cluster.start_worker(WorkerConfig(cores=1)) for _ in range(2)]
    found = flips(Network.from_layers(LAYERS), X, Y, engine=HyperQueue(cluster.client()), parts=20, folder={folder!r}, quantize="int6")
    print(found.counts["never"], found.counts["can"], *found.worst_accuracy)
"""


def test_a_whole_cluster_killed_twice_goes_on(tmp_path):
    pytest.importorskip("hyperqueue")
    here = os.path.dirname(__file__)
    driver = DRIVER.format(path=[here, *(p for p in sys.path if p)], folder=str(tmp_path))
    for wanted in (3, 9):
        process = subprocess.Popen([sys.executable, "-c", driver], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while len(list(tmp_path.glob("rows-*"))) < wanted and time.monotonic() < until and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        process.wait()
    run = subprocess.run([sys.executable, "-c", driver], capture_output=True, text=True, timeout=120)
    found = Network.from_layers(LAYERS).flips(X, Y, quantize="int6")
    expected = f"{found.counts['never']} {found.counts['can']} {found.worst_accuracy[0]} {found.worst_accuracy[1]}"
    assert run.stdout.splitlines()[-1] == expected, run.stderr
