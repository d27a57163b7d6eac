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

"""Files that a bag's folder may hold, named by its metadata or not."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.recordings.bags.files import bag_files, uncompressed, unpacked
from hand_tracking_dsp.recordings.bags.storage import MOST_BYTES, parse_qos


def files(folder: Path, *names: str, named: list[str] | None = None) -> tuple[list[str], list[str]]:
    """Make a folder of files, some of them named by metadata.yaml; give the chosen ones, and the problems."""
    for name in names:
        (folder / name).touch()
    if named is not None:
        text = "".join(f"\n  - {name}" for name in named)
        (folder / "metadata.yaml").write_text(f"rosbag2_bagfile_information:\n  relative_file_paths:{text}\n")
    problems: Counter[str] = Counter()
    return [path.name for path in bag_files(folder, problems)], [*problems]


MISSING = "metadata.yaml is missing or damaged: the files are taken by their names"


@pytest.mark.parametrize("names", [["bag_0.db3", "bag_1.db3.zstd"], ["old/bag_0.db3.zstd", "bag_1.db3"]])
def test_files_may_have_been_packed_or_unpacked_since(tmp_path: Path, names: list[str]) -> None:
    found = files(tmp_path, "bag_0.db3", "bag_1.db3.zstd", named=names)
    assert found == (["bag_0.db3", "bag_1.db3.zstd"], [])


def test_a_player_leaves_the_unpacked_file_beside_the_packed_one(tmp_path: Path) -> None:
    both = ("bag_0.db3", "bag_0.db3.zstd")
    assert files(tmp_path, *both, named=["bag_0.db3.zstd"]) == (["bag_0.db3.zstd"], [])
    assert files(tmp_path, named=["bag_0.db3"]) == (["bag_0.db3"], [])


def test_without_metadata_each_part_is_taken_once(tmp_path: Path) -> None:
    found, problems = files(
        tmp_path, "a_0.db3", "a_0.db3.zstd", "a_0.mcap", "a_10.mcap.zstd", "a_2.mcap", "notes.txt"
    )
    assert found == ["a_0.mcap", "a_2.mcap", "a_10.mcap.zstd"]
    assert problems == [
        MISSING,
        "a_0.db3 is left out: a_0.mcap is the same",
        "a_0.db3.zstd is left out: a_0.mcap is the same",
    ]


def test_files_that_metadata_does_not_name_or_that_are_missing_are_told(tmp_path: Path) -> None:
    found, problems = files(tmp_path, "a_0.mcap", "a_2.mcap", named=["a_0.mcap", "a_1.mcap"])
    assert found == ["a_0.mcap"]
    assert problems == [
        "a_1.mcap is missing, though metadata.yaml names it",
        "a_2.mcap is left out: metadata.yaml does not name it",
    ]


def test_bags_of_ros_1_have_no_metadata(tmp_path: Path) -> None:
    assert files(tmp_path, "x_0.bag", "x_1.bag") == (["x_0.bag", "x_1.bag"], [])


@pytest.mark.parametrize("version", range(4, 10))
def test_every_version_of_metadata_names_its_files(tmp_path: Path, version: int) -> None:
    (tmp_path / "a_0.mcap").touch()
    later = "\n  files:\n  - path: a_0.mcap\n  custom_data: ~\n  ros_distro: kilted" if version > 4 else ""
    (tmp_path / "metadata.yaml").write_text(
        f"rosbag2_bagfile_information:\n  version: {version}\n  storage_identifier: mcap\n"
        f"  relative_file_paths:\n  - a_0.mcap{later}\n"
    )
    problems: Counter[str] = Counter()
    assert [path.name for path in bag_files(tmp_path, problems)] == ["a_0.mcap"]
    assert not problems


BOMB = ["u0: &u0 x.mcap", *(f"u{i}: &u{i} [{', '.join([f'*u{i - 1}'] * 9)}]" for i in range(1, 21))]


@pytest.mark.parametrize(
    "names", ["*u20", "[*u20]", "[[x.mcap]]", "[5]", "[x.mcap, ~]", "[2026-11-26]"], ids=str
)
def test_names_that_are_no_texts_are_refused_whatever_they_stand_for(tmp_path: Path, names: str) -> None:
    (tmp_path / "x.mcap").touch()
    lines = [*BOMB, "rosbag2_bagfile_information:", f"  relative_file_paths: {names}"]
    (tmp_path / "metadata.yaml").write_text("\n".join(lines if "*" in names else lines[-2:]) + "\n")
    assert files(tmp_path) == (["x.mcap"], [MISSING])


def test_metadata_too_large_to_be_read_in_time_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "x.mcap").touch()
    text = "rosbag2_bagfile_information: {relative_file_paths: [x.mcap]}\n"
    (tmp_path / "metadata.yaml").write_text(text + "#" * 2**22)
    assert files(tmp_path) == (["x.mcap"], [MISSING])


def test_a_quality_of_service_with_aliases_or_too_long_is_left_out() -> None:
    profile = (
        "- history: 1\n  depth: {}\n  reliability: 1\n  durability: 2\n  deadline: &t {{sec: 0, nsec: 0}}\n"
        "  lifespan: {}\n  liveliness: 1\n  liveliness_lease_duration: {{sec: 0, nsec: 0}}\n"
        "  avoid_ros_namespace_conventions: false\n"
    )
    assert parse_qos(profile.format(5, "{sec: 0, nsec: 0}"))
    assert parse_qos(profile.format(5, "*t")) == []
    assert parse_qos(profile.format(5, "{sec: 0, nsec: 0}") + "#" * 2**17) == []


def test_where_nothing_temporary_can_be_written_tmpdir_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", refuse)
    (tmp_path / "a.mcap.zstd").write_bytes(b"")
    with pytest.raises(OutputError, match="set TMPDIR"), unpacked(tmp_path / "a.mcap.zstd", Counter()):
        pass


@pytest.mark.parametrize("reserve", [50, 1000])
def test_what_would_fill_the_disk_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reserve: int
) -> None:
    zstandard = pytest.importorskip("zstandard", reason="zstandard is not installed: pip install zstandard")
    folder, packed = tmp_path / "temporary", tmp_path / "a.mcap.zstd"
    folder.mkdir()
    # Two frames, as programs that compress in parallel write them.
    packed.write_bytes(zstandard.compress(bytes(15_000_000)) * 2)
    room = 20_000_000

    def disk_usage(_folder: Path) -> SimpleNamespace:
        used = sum(path.stat().st_size for path in folder.rglob("*.mcap"))
        return SimpleNamespace(total=reserve * 20_000_000, free=reserve * 1_000_000 + room - used)

    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    with (
        pytest.raises(OutputError, match=rf"less than {reserve} MB would be left free.* set TMPDIR"),
        unpacked(packed, Counter()),
    ):
        pass
    assert not [*folder.iterdir()]
    room = 40_000_000
    problems: Counter[str] = Counter()
    with unpacked(packed, problems) as plain:
        assert plain.stat().st_size == 30_000_000
    assert not problems


def test_a_pipe_in_a_bag_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mcap")
    with pytest.raises(OSError, match="a pipe, socket or device"), unpacked(tmp_path / "a.mcap", Counter()):
        pass


def test_a_message_that_would_be_huge_is_not_decompressed() -> None:
    zstandard = pytest.importorskip("zstandard", reason="zstandard is not installed: pip install zstandard")

    def packed(size: int) -> bytes:
        packer, part = zstandard.ZstdCompressor().compressobj(), bytes(1_000_000)
        return b"".join(packer.compress(part) for _ in range(size // len(part))) + bytes(packer.flush())

    assert uncompressed(packed(3_000_000)) == bytes(3_000_000)
    bomb = packed(MOST_BYTES + 1_000_000)
    assert len(bomb) < 100_000
    assert uncompressed(bomb) is None
