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

"""Messages that decoders print."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import cv2
import numpy as np
import pytest
from support.encoders import encode, scene

from hand_tracking_dsp.images.codec_messages import collect_codec_messages, damage

CUT = "Corrupt JPEG data: premature end of data segment"


def decode_damaged() -> None:
    whole = encode(".jpg", scene())
    cv2.imdecode(np.frombuffer(whole[: len(whole) // 2] + whole[-2:], np.uint8), cv2.IMREAD_COLOR)


def test_collects_what_a_decoder_prints_and_nothing_else(capfd):
    with collect_codec_messages() as lines:
        decode_damaged()
        os.write(2, b"[WARN] [node]: another thread's line\n")
    assert lines == [CUT]
    assert capfd.readouterr().err == "[WARN] [node]: another thread's line\n"
    with collect_codec_messages() as lines:
        pass
    assert lines == []


def test_each_decoder_gets_its_own_lines():
    found: list[list[str]] = []

    def work(damaged: bool) -> None:
        for _ in range(20):
            with collect_codec_messages() as lines:
                if damaged:
                    decode_damaged()
            found.append([str(damaged), *lines])

    threads = [threading.Thread(target=work, args=(damaged,)) for damaged in (True, False, True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {tuple(one) for one in found} == {("True", CUT), ("False",)}


def test_a_program_without_standard_error_decodes_all_the_same():
    code = (
        "import os; os.close(2)\n"
        "from hand_tracking_dsp.images.codec_messages import collect_codec_messages\n"
        "with collect_codec_messages() as lines:\n    pass\n"
        "print(lines)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_a_process_that_is_forked_meanwhile_has_its_standard_error(capfd):
    with collect_codec_messages():
        thread = threading.Thread(target=_fork_and_print)
        thread.start()
    thread.join()
    assert "from the child" in capfd.readouterr().err


def _fork_and_print() -> None:
    child = os.fork()
    if child == 0:
        os.write(2, b"from the child\n")
        os._exit(0)
    os.waitpid(child, 0)


@pytest.mark.parametrize(
    ("line", "damaged"),
    [
        (CUT, True),
        ("Corrupt JPEG data: bad Huffman code", True),
        ("Corrupt JPEG data: found marker 0xd5 instead of RST4", True),
        ("Corrupt JPEG data: 300 extraneous bytes before marker 0xd9", True),
        ("Corrupt JPEG data: 4 extraneous bytes before marker 0xd9", False),
        ("Premature end of JPEG file", True),
        ("[ERROR:0@0.200] global grfmt_tiff.cpp:117 TIFF_Error LZWDecode: Not enough data", True),
        ("Warning: unknown JFIF revision number 2.01", False),
        ("libpng warning: iCCP: known incorrect sRGB profile", False),
    ],
)
def test_tells_damage_from_remarks(line, damaged):
    assert damage([line]) == (line if damaged else "")
