#!/usr/bin/env python3
"""Writes elementary.txt: points of the elementary functions with the doubles next below and above the true value.

    pip install mpmath && python3 elementary.py > elementary.txt

A line is: function, argument bits [, second argument bits], bits of the value rounded down, bits of the value rounded up,
all in hexadecimal. Per function: random arguments of all sizes, arguments next to the borders of the argument reduction, and
the hardest to round among a few thousand random ones (value closest to a double).
"""
import math
import random
import struct
from mpmath import mp, mpf, inf
import mpmath as m

mp.prec = 1500
random.seed(20260101)


def bits(x):
    return "%016x" % struct.unpack("<Q", struct.pack("<d", x))[0]


def round_down(v):
    if v > mpf(2) ** 1024:
        return 1.7976931348623157e308
    d = float(v)
    if d == math.inf:
        d = 1.7976931348623157e308
    while mpf(d) > v:
        d = math.nextafter(d, -math.inf)
    while math.nextafter(d, math.inf) != math.inf and mpf(math.nextafter(d, math.inf)) <= v:
        d = math.nextafter(d, math.inf)
    return d


def pair(v):
    lo = round_down(v)
    return lo, lo if mpf(lo) == v else math.nextafter(lo, math.inf)


def nearness(v):
    """Distance to the nearest double in ulps."""
    lo, hi = pair(v)
    if lo == hi or hi == math.inf or abs(lo) < 1e-300:
        return mpf(1)
    return min(v - mpf(lo), mpf(hi) - v) / (mpf(hi) - mpf(lo))


def size(lo, hi):
    return random.choice([1, -1]) * random.uniform(1, 2) * 2.0 ** random.randint(lo, hi)


def step(x, n):
    for _ in range(abs(n)):
        x = math.nextafter(x, math.inf if n > 0 else -math.inf)
    return x


def emit(name, f, points, hard):
    mp.prec = 200
    hardest = sorted(hard, key=lambda x: nearness(f(mpf(x))))[:12]
    mp.prec = 1500
    for x in dict.fromkeys(points + hardest):
        lo, hi = pair(f(mpf(x)))
        print(name, bits(x), bits(lo), bits(hi))


def emit2(name, f, points):
    for x, y in dict.fromkeys(points):
        lo, hi = pair(f(mpf(x), mpf(y)))
        print(name, bits(x), bits(y), bits(lo), bits(hi))


LN2, PI = math.log(2), math.pi
TINY = [5e-324, -5e-324, 2.2250738585072014e-308, -1e-310, 3e-200, -1e-17, 1.1102230246251565e-16, 7.450580596923828e-09]


def near(unit, multiples):
    return [step(n * unit, random.randint(-2, 2)) for n in multiples]


def sample(k, gen, ok=lambda x: True):
    out = []
    while len(out) < k:
        x = gen()
        if ok(x):
            out.append(x)
    return out


small = lambda: size(-30, 3)
exps = TINY + near(LN2 / 256, [1, -1, 3, 255, 256, -511, 12345, -77777]) + sample(12, lambda: random.uniform(-745, 709)) + sample(8, small)
emit("exp", m.exp, exps + [709.782712893384, 709.7827128933841, -745.1332191019411, -745.1332191019412, -708.4, -720.5], sample(1500, small))
emit("exp_m1", m.expm1, exps + [709.782712893384, -37.5, -40.0, -46.5, 46.5], sample(1500, small))
emit("sigmoid", lambda x: 1 / (1 + m.exp(-x)), exps + [-745.2, -744.4, -700.0, -46.0, 46.0, 36.7, 37.5, 700.0], sample(1500, small))
emit("ln", m.ln, [abs(x) for x in TINY] + [1.0, step(1.0, 1), step(1.0, -1), 1.7976931348623157e308, 2.0, 10.0, 0.5, 0.70703125, 1.4140625]
     + near(1 / 256, [180, 181, 255, 256, 257, 300, 361, 362]) + sample(10, lambda: abs(size(-1020, 1020))), sample(1500, lambda: abs(size(-20, 20))))
angles = TINY + near(PI / 128, [1, 2, 3, -5, 63, 64, 65, 127, 128, 129, 192, -255, 256, 100001]) + sample(8, lambda: size(-20, 16)) \
    + sample(8, lambda: size(17, 1000)) + [1e22, 1e300, 1.7976931348623157e308, 6381956970095103.0 * 2.0**797, 131072.0, step(131072.0, 1)]
for name, f in [("sin", m.sin), ("cos", m.cos), ("tan", m.tan)]:
    emit(name, f, angles, sample(1500, small))
units = TINY + near(1 / 128, [1, 2, 3, -5, 63, 64, 90, 91, -127]) + [1.0, -1.0, step(1.0, -1), step(-1.0, 1), 0.5, -0.5, 0.7071067811865475, 0.7071067811865476] \
    + sample(8, lambda: random.uniform(-1, 1)) + sample(4, lambda: size(-30, -2))
emit("asin", m.asin, units, sample(1500, lambda: random.uniform(-1, 1)))
emit("acos", m.acos, units, sample(1500, lambda: random.uniform(-1, 1)))
emit("atan", m.atan, units + sample(10, lambda: size(0, 60)) + [1e300, -1.7976931348623157e308, 2.0**99, 2.0**101], sample(1500, small))
hyper = TINY + near(LN2 / 512, [1, -1, 3, 255, 1000]) + [0.03125, step(0.03125, -1), 23.0, step(23.0, 1), -710.4, 710.4, 710.4758600739439] \
    + sample(8, lambda: random.uniform(-30, 30)) + sample(4, lambda: random.uniform(-710, 710))
for name, f in [("sinh", m.sinh), ("cosh", m.cosh), ("tanh", m.tanh)]:
    emit(name, f, hyper, sample(1500, small))
emit2("pow", lambda x, y: x ** y,
      [(abs(size(-1000, 1000)), size(-12, -1)) for _ in range(20)] + [(abs(size(-3, 3)), size(-5, 6)) for _ in range(25)]
      + [(step(1.0, random.randint(1, 9)), size(40, 58)) for _ in range(6)] + [(2.0, 1023.5), (2.0, -1073.5), (5e-324, 0.3), (10.0, 308.25)])
emit2("atan2", lambda y, x: m.atan2(y, x),
      [(size(-3, 3), size(-3, 3)) for _ in range(20)] + [(size(-1000, 1000), size(-1000, 1000)) for _ in range(20)]
      + [(5e-324, 1.5), (5e-324, 5e-324), (-3.0, 1e-310), (1.0, -1.0), (1e-320, -1.0)])
