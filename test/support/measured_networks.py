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

"""Networks as a bank tells of them, with what was measured on one machine or another."""

from __future__ import annotations

from typing import Any

from hand_tracking_dsp.tracking.network_info import Accuracy, LatencyProfile, LevelInfo

ORT = "onnxruntime/CPUExecutionProvider"
OPENVINO, BF16 = "openvino/CPU/f32", "openvino/CPU/bf16"
HERE = "this device"


def times(**p50_ms: float) -> tuple[LatencyProfile, ...]:
    """Profiles by where they were taken: here (one thread), here2 (two), there (another device)."""
    return tuple(
        LatencyProfile(
            device="another device" if where.startswith("there") else HERE,
            provider=ORT,
            threads=2 if where.endswith("2") else 1,
            p50_ms=value,
            p95_ms=value,
            p99_ms=value,
            runs=9,
        )
        for where, value in p50_ms.items()
    )


def deviation(value: float, data: str = "val", provider: str = ORT) -> Accuracy:
    return Accuracy(metric="deviation_palm_percent", data=data, value=value, samples=9, provider=provider)


def network(
    kind: str, *accuracy: Accuracy, latency: tuple[LatencyProfile, ...] = (), index: int = 1, **more: Any
) -> LevelInfo:
    return LevelInfo(
        name="net",
        file=f"{kind}.onnx",
        sha256="0" * 64,
        precision=kind,
        parameters=1,
        macs=1,
        accuracy=accuracy,
        latency=latency,
        index=index,
        sparsity=0.0,
        **more,
    )


def level(*, fp32: dict[str, float], int8: dict[str, float], loss: float = 0.5, index: int = 1) -> LevelInfo:
    """A level with an INT8 variant that is worse by loss."""
    variant = network("int8", deviation(2 + loss), latency=times(**int8), index=index)
    return network("fp32", deviation(2), latency=times(**fp32), variants=(variant,), index=index)
