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

"""The package's own hands and poses: small, complete, and refused where damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.cameras.mesh import catalogue
from hand_tracking_dsp.errors import ConfigurationError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(catalogue, "_FOLDER", tmp_path)
    catalogue.tracked_poses.cache_clear()
    yield tmp_path
    catalogue.tracked_poses.cache_clear()


def test_the_files_are_small_and_the_licence_lies_beside_them() -> None:
    files = list(catalogue._FOLDER.iterdir())
    assert sum(path.stat().st_size for path in files) < 1_000_000
    assert "MIT License" in (catalogue._FOLDER / "LICENSE.webxr.md").read_text(encoding="utf-8")


def test_meshes_are_closed_and_their_weights_are_shares() -> None:
    people = catalogue.rigs()
    assert len({rig.name for rig in people}) == len(people) == 26
    for rig in (people[0], people[-1]):
        edges = {(int(a), int(b)) for face in rig.faces for a, b in zip(face, np.roll(face, -1), strict=True)}
        assert {(b, a) for a, b in edges} == edges
        assert np.allclose(rig.weights.sum(1), 1, atol=1e-5)
        assert np.allclose(rig.frames @ rig.frames.transpose(0, 2, 1), np.eye(3), atol=1e-5)


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04 and no more"])
def test_missing_and_damaged_files_are_said_to_be_so(folder: Path, content: bytes | None) -> None:
    if content is not None:
        (folder / "poses.npz").write_bytes(content)
    with pytest.raises(
        ConfigurationError, match=r"poses\.npz cannot be read .*: install the package again\."
    ):
        catalogue.tracked_poses()


def test_a_huge_file_is_not_read(folder: Path) -> None:
    with (folder / "poses.npz").open("wb") as file:
        file.truncate(3_000_000)
    with pytest.raises(ConfigurationError, match="has 3000000 bytes"):
        catalogue.tracked_poses()


def test_a_pickle_is_not_run(folder: Path) -> None:
    np.savez(folder / "poses.npz", angles_deg=np.array([{"an": "object"}], dtype=object))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        catalogue.tracked_poses()
