"""hand-tracking-dsp models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.models import _merged
from hand_tracking_dsp.resources import share_path


def test_list_shows_levels_and_detectors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    shown = capsys.readouterr().out
    assert "level 0 (full)" in shown
    assert "level 1 (lite)" in shown
    assert "palm_full.onnx" in shown


def test_a_wheel_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["models", "import", "--wheel", str(tmp_path / "no.whl"), "--out", str(tmp_path / "bank")]
    assert main(arguments) == 1
    assert "give the wheel of mediapipe==0.10.21" in capsys.readouterr().err
    assert not (tmp_path / "bank").exists()


def test_the_networks_agree_with_the_originals_and_the_times_are_kept(
    mediapipe_wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = Path(shutil.copytree(share_path("models", "mediapipe"), tmp_path / "bank"))
    arguments = [
        "models",
        "verify",
        "--bank",
        str(bank),
        "--wheel",
        str(mediapipe_wheel),
        "--count",
        "4",
        "--runs",
        "3",
    ]
    assert main([*arguments, "--update"]) == 0
    assert "TOO LARGE" not in capsys.readouterr().out
    profiles = json.loads((bank / "bank.json").read_text())["levels"][0]["latency"]
    assert all(0 < entry["p50_ms"] <= entry["p99_ms"] for entry in profiles)


def test_new_times_replace_those_of_the_same_runtime_only() -> None:
    old = [{"device": "a", "provider": "x", "threads": 1, "p50_ms": 1.0}]
    other = {"file": "f", "provider": "y", "threads": 1, "p50_ms": 2.0}
    same = {"file": "f", "provider": "x", "threads": 1, "p50_ms": 3.0}
    assert _merged(old, [other], "a") == [*old, {"device": "a", "provider": "y", "threads": 1, "p50_ms": 2.0}]
    assert _merged(old, [same], "a") == [{"device": "a", "provider": "x", "threads": 1, "p50_ms": 3.0}]
    assert len(_merged(old, [same], "b")) == 2
