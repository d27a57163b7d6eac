"""Finding the package's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_bank, share_path


def test_finds_the_bank_wherever_the_package_is_installed() -> None:
    assert share_path("models", "mediapipe", "bank.json").is_file()


def test_a_chosen_share_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").mkdir()
    monkeypatch.setenv("HAND_TRACKING_DSP_SHARE", str(tmp_path))
    assert share_path("config") == tmp_path / "config"
    with pytest.raises(ConfigurationError, match=r"models was not found in .*HAND_TRACKING_DSP_SHARE"):
        share_path("models")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"no/such/file was not found .* install the package again"):
        share_path("no", "such", "file")


def test_the_default_bank_is_there() -> None:
    assert (default_bank() / "bank.json").is_file()
