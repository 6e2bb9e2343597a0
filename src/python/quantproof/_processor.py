"""Whether this processor can run the compiled part of the package."""

from __future__ import annotations

import platform
import sys

#: the instruction sets of x86-64-v3, as Linux spells them
_NEEDED = ("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe")


def missing(cpuinfo: str) -> list[str]:
    """The instruction sets of x86-64-v3 that a text in the form of ``/proc/cpuinfo`` does not list.

    >>> missing("flags : fpu avx")
    ['avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe']
    """
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            flags = set(value.split())
            return [flag for flag in _NEEDED if flag not in flags]
    return []


def check() -> None:
    """Raises :class:`ImportError` on an x86-64 processor older than the one that the package was compiled for.

    Loading the compiled part there would end the process without a word.
    """
    if not (sys.platform.startswith("linux") and platform.machine() in ("x86_64", "AMD64")):
        return
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            lacking = missing(file.read())
    except OSError:
        return
    if lacking:
        raise ImportError(
            f"this processor lacks {', '.join(lacking)}; expected x86-64-v3 (Intel Haswell, AMD Excavator, or later)"
        )
