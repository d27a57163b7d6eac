"""Which processors must be told to multiply 8-bit numbers exactly."""

from __future__ import annotations

from pathlib import Path

import pytest

from hand_tracking_dsp.tracking.backends import onnxruntime_backend
from hand_tracking_dsp.tracking.backends.onnxruntime_backend import _int8_saturates


@pytest.mark.parametrize(
    ("machine", "flags", "saturates"),
    [
        ("x86_64", "fpu sse4_1 avx2 avx512f", True),
        ("x86_64", "fpu avx2 avx512f avx512_vnni", False),
        ("AMD64", "fpu avx2 avx_vnni", False),
        ("x86_64", None, False),
        ("aarch64", "fpu avx2", False),
    ],
)
def test_only_x86_without_vnni_saturates(
    machine: str, flags: str | None, saturates: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime_backend.platform, "machine", lambda: machine)
    text = "model name\t: any\n" if flags is None else f"model name\t: any\nflags\t\t: {flags}\n"
    (tmp_path / "cpuinfo").write_text(text)
    assert _int8_saturates(tmp_path / "cpuinfo") == saturates


def test_a_machine_that_says_nothing_of_itself_is_left_alone(tmp_path: Path) -> None:
    assert not _int8_saturates(tmp_path / "absent")
