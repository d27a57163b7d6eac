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

"""The device that networks are trained on."""

from __future__ import annotations

from pathlib import Path

import torch

from hand_tracking_dsp.errors import ConfigurationError


def choose_device(name: str, threads: int) -> str:
    """Choose the device to train on.

    Args:
        name: "cpu", "cuda", or "auto": cuda where there is one.
        threads: Threads on a CPU; 0: PyTorch's choice.

    Returns:
        "cpu" or "cuda".

    Raises:
        ConfigurationError: PyTorch sees no GPU, but one is wanted.
    """
    if threads:
        torch.set_num_threads(threads)
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        msg = "PyTorch sees no GPU here: give --device cpu or auto, or install PyTorch for CUDA."
        raise ConfigurationError(msg)
    return name if name != "auto" else "cuda" if there else "cpu"


def bfloat16_is_fast(device: str) -> bool:
    """Return True where a device has instructions that multiply in bfloat16."""
    if device != "cpu":
        return bool(torch.cuda.is_bf16_supported())
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
