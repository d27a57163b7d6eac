"""The folder of a bank, written so that a failure harms no old bank."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from hand_tracking_dsp.compression.bank.entries import Entry, networks_of
from hand_tracking_dsp.errors import ModelError, OutputError
from hand_tracking_dsp.files import write_bytes, write_text
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, parse_manifest, read_manifest, read_network
from hand_tracking_dsp.tracking.network_info import files_of


def read_bank(folder: Path) -> Entry:
    """Read bank.json, also what the tracker does not need.

    Raises:
        ModelError: It is missing or wrong.
    """
    read_manifest(folder)
    bank: Entry = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    return bank


def read_files(folder: Path) -> dict[str, bytes]:
    """Read every network of a bank by its file's name.

    Raises:
        ModelError: The bank is missing or wrong, or a file's sha256 is another.
    """
    manifest = read_manifest(folder)
    infos = (one for info in (*manifest.levels, *manifest.detectors) for one in files_of(info))
    return {info.file: read_network(manifest, info) for info in infos}


def write_bank(folder: Path, bank: Entry) -> None:
    """Write bank.json alone: its networks lie in the folder already.

    Raises:
        ModelError: A reader would refuse it; nothing is written then.
        OutputError: It cannot be written.
    """
    parse_manifest(folder / MANIFEST_NAME, bank)
    write_text(folder / MANIFEST_NAME, json.dumps(bank, indent=2, ensure_ascii=False) + "\n")


def write_bank_files(folder: Path, bank: Entry, files: Mapping[str, bytes]) -> Entry:
    """Write the networks of a bank, then bank.json; whatever fails, an old bank there stays usable.

    A file that lies there with other bytes is not touched: the new one then gets a name with the
    beginning of its sha256. Networks that only the old bank names are removed at the end.

    Args:
        folder: Where to; made if missing.
        bank: See new_bank.
        files: The ONNX files by name; each one that the bank names, or the folder has it already.

    Returns:
        The bank as written.

    Raises:
        ModelError: A reader would refuse the bank, or a network it names is missing or another one.
        OutputError: Something cannot be written.
    """
    bank = json.loads(json.dumps(bank))
    parse_manifest(folder / MANIFEST_NAME, bank)
    old = _old_files(folder)
    new: dict[Path, bytes] = {}
    for entry in networks_of(bank):
        if entry["file"] in files:
            data = files[entry["file"]]
            path = _free_path(folder / entry["file"], data)
            entry["file"] = path.name
            new[path] = data
    _check_networks(folder, bank, new)
    written = [path for path in new if not path.exists()]
    try:
        for path in written:
            write_bytes(path, new[path])
        write_bank(folder, bank)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    for name in old - {entry["file"] for entry in networks_of(bank)}:
        (folder / name).unlink(missing_ok=True)
    return bank


def _check_networks(folder: Path, bank: Entry, new: Mapping[Path, bytes]) -> None:
    manifest = parse_manifest(folder / MANIFEST_NAME, bank)
    for network in (*manifest.levels, *manifest.detectors):
        for info in files_of(network):
            data = new.get(folder / info.file)
            if data is None:
                read_network(manifest, info)
            elif hashlib.sha256(data).hexdigest() != info.sha256:
                msg = f"The network {info.file} is not the one that its entry describes: make the entry anew."
                raise ModelError(msg)


def _old_files(folder: Path) -> set[str]:
    """Name the networks of the bank that lies there; none if there is none that can be read."""
    try:
        return {entry["file"] for entry in networks_of(read_bank(folder))}
    except ModelError:
        return set()


def _free_path(path: Path, data: bytes) -> Path:
    """Return the path, or one beside it where another network already has the name."""
    try:
        taken = path.exists() and path.read_bytes() != data
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}): choose another folder."
        raise OutputError(msg) from error
    if not taken:
        return path
    return path.with_name(f"{path.stem}-{hashlib.sha256(data).hexdigest()[:12]}{path.suffix}")
