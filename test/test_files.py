"""Writing files whole or not at all, and reading JSON."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.files import read_json, write_bytes, write_text


def test_makes_the_folder_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_text(path, "grüße")
    assert path.read_text(encoding="utf-8") == "grüße"
    assert list(path.parent.iterdir()) == [path]


def test_replaces_an_older_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_bytes(path, b"old")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_place_that_cannot_be_written_is_named_and_the_old_file_stays(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "kept").write_bytes(b"kept")
    with pytest.raises(OutputError, match=r"taken cannot be written \(.*\): choose another folder"):
        write_bytes(folder, b"data")
    assert (folder / "kept").read_bytes() == b"kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taken"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"old")
    (tmp_path / "link").symlink_to("there")
    write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_bytes() == b"new"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write what is read-only")
def test_a_read_only_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"kept")
    path.chmod(0o444)
    with pytest.raises(OutputError, match="is read-only"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"kept"


def test_a_file_in_the_place_of_a_folder_is_a_sentence_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        write_bytes(tmp_path / "file" / "x", b"data")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[" * 10**5, "nested too deeply"), ("[Infinity]", "Infinity is not"), ('{"a": NaN}', "NaN is not")],
)
def test_what_json_does_not_know_is_a_value_error(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=reason):
        read_json(tmp_path / "a.json")
