# Copyright 2026 the hand_tracking_dsp authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""The machine at hand: its name, and its processor's design and abilities."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")
_BOARD = Path("/proc/device-tree/model")
# Dot products of 8-bit numbers into 32 bits: Intel's and AMD's VNNI and AMX, Arm's SDOT and UDOT.
_INT8_FLAGS = frozenset({"avx512_vnni", "avx_vnni", "avx_vnni_int8", "amx_int8", "asimddp"})


def device_name() -> str:
    """Name the machine: its board where it names one (a Jetson, a Raspberry Pi), else its processor."""
    try:
        return _BOARD.read_text(encoding="utf-8").strip("\0 \n")
    except OSError:
        return next(_cpu_info("model name"), "") or platform.processor() or platform.machine()


def processor_kind() -> str:
    """Name the processor's design, which its vendor's names for it do not tell: a cloud calls several alike.

    Returns:
        Vendor, family and model on x86, implementer and part of each kind of core on Arm, for example
        "AuthenticAMD 25 17" or "0x41 0xd0b"; "" where the kernel does not say.
    """
    for keys in (("vendor_id", "cpu family", "model"), ("CPU implementer", "CPU part")):
        cores = dict.fromkeys(zip(*map(_cpu_info, keys), strict=False))
        if cores:
            return ", ".join(" ".join(core) for core in sorted(cores))
    return ""


def has_int8_products() -> bool:
    """Tell whether the processor has INT8 dot products.

    Without them INT8 is slow, and on x86 ONNX Runtime's sums of two products saturate at 16 bits.
    """
    flags = (flag for key in ("flags", "Features") for flag in next(_cpu_info(key), "").split())
    return not _INT8_FLAGS.isdisjoint(flags)


def _cpu_info(wanted: str) -> Iterator[str]:
    try:
        text = _CPU_INFO.read_text(encoding="utf-8")
    except OSError:
        return
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == wanted:
            yield value.strip()
