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

"""Finding the package's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import cache_folder, default_bank, named_bank, share_path


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


def test_a_bank_is_named_by_its_folder_or_as_one_of_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert named_bank("") == default_bank()
    assert named_bank("hourglass") == default_bank().with_name("hourglass")
    assert named_bank("no_such_bank") == Path("no_such_bank")
    (tmp_path / "hourglass").mkdir()
    assert named_bank("hourglass") == default_bank().with_name("hourglass")
    (tmp_path / "hourglass" / "bank.json").touch()
    assert named_bank("hourglass") == Path("hourglass")
    assert named_bank("./depth") == Path("depth")
    assert named_bank("~/mine") == Path.home() / "mine"


def test_the_cache_is_where_the_user_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "hand_tracking_dsp"
    for elsewhere in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", elsewhere)
        monkeypatch.setenv("HOME", "/home/somebody")
        assert cache_folder() == Path("/home/somebody/.cache/hand_tracking_dsp")


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise RuntimeError

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("hand_tracking_dsp.resources.Path.home", refuse)
    assert cache_folder() is None
