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

"""What the machine tells of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from hand_tracking_dsp.tracking import device
from hand_tracking_dsp.tracking.device import device_name, has_int8_products

X86 = "processor : 0\nmodel name : A Processor\nflags : fpu sse2 {}\n"
ARM = "processor : 0\nmodel name : ARMv8 Processor rev 1\nFeatures : fp asimd {}\n"


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Give a function that sets what the kernel says of processor and board."""

    def say(cpu: str, board: str = "") -> None:
        for name, text in (("_CPU_INFO", cpu), ("_BOARD", board)):
            path = tmp_path / name
            if text:
                path.write_text(text)
            monkeypatch.setattr(device, name, path)

    return say


def test_a_computer_is_named_by_its_processor(says) -> None:
    says(X86.format(""))
    assert device_name() == "A Processor"


def test_a_board_is_named_by_itself(says) -> None:
    says(ARM.format(""), "NVIDIA Jetson Orin Nano\0")
    assert device_name() == "NVIDIA Jetson Orin Nano"


def test_without_a_word_of_the_kernel_there_is_a_name_still(says) -> None:
    says("")
    assert device_name()
    assert not has_int8_products()


@pytest.mark.parametrize(
    ("text", "flag", "expected"),
    [(X86, "avx2", False), (X86, "avx512_vnni", True), (ARM, "crc32", False), (ARM, "asimddp", True)],
)
def test_int8_products_are_seen_among_the_flags(says, text: str, flag: str, expected: bool) -> None:
    says(text.format(flag))
    assert has_int8_products() is expected
