"""What onnxruntime makes of the quantised networks that `quantproof convert --quantize` writes.

    venv/bin/python deployed.py ../target/release/quantproof     # writes ../tests/deployed_outputs.jsonl

A line per model and format with the confidences at 200 points of a lattice that `tests/deployed.rs` knows, as the float32
numbers that they are. Half of the points are evaluated in one batch, half one by one.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

HERE = Path(__file__).resolve().parent
MODELS = ["moons_relu_2-8-2", "circles_relu_2-16-16-2", "iris_relu_4-8-3"]
FORMATS = [
    "int8",
    "int8:per-channel",
    "int8:asymmetric",
    "int8:per-channel:asymmetric:bias-same",
    "int4",
    "int11:per-channel",
    "float16",
    "bfloat16",
    "float8:e4m3",
    "fixed:2.6:saturate",
    "fixed:4.20",
]
POINTS = 200


def lattice(width):
    """Multiples of 1/64 between -1 and 1."""
    return np.array(
        [[((i * (2 * j + 3) * 37 + 11 * j) % 129 - 64) / 64 for j in range(width)] for i in range(POINTS)], np.float32
    )


def main():
    program, lines = sys.argv[1], []
    with tempfile.TemporaryDirectory() as folder:
        for model in MODELS:
            for number_format in FORMATS:
                path = str(Path(folder) / "quantised.onnx")
                source = str(HERE / f"{model}.json")
                subprocess.run([program, "convert", source, path, "--quantize", number_format], check=True)
                onnx.checker.check_model(onnx.load(path), full_check=True)
                session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
                points = lattice(session.get_inputs()[0].shape[1])
                seen = [session.run(None, {"input": points[: POINTS // 2]})[0]]
                seen += [session.run(None, {"input": points[i : i + 1]})[0] for i in range(POINTS // 2, POINTS)]
                outputs = np.concatenate(seen)
                assert outputs.dtype == np.float32
                flat = "[" + ",".join(str(v) for v in outputs.ravel()) + "]"
                lines.append(f'{{"model": "{model}", "format": "{number_format}", "outputs": {flat}}}\n')
                json.loads(lines[-1])
    (HERE.parent / "tests" / "deployed_outputs.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
