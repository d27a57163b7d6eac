"""One bank of several: their levels, sorted from dense to sparse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hand_tracking_dsp.compression.bank.entries import Entry, networks_of, new_bank
from hand_tracking_dsp.compression.bank.files import read_bank, read_files
from hand_tracking_dsp.errors import ModelError


def merge_banks(
    folders: Sequence[Path],
    name: str,
    levels: Sequence[str] | None = None,
    detectors: Sequence[str] | None = None,
) -> tuple[Entry, dict[str, bytes]]:
    """Put the levels and palm detectors of several banks into one.

    Args:
        folders: The banks, at least one; all of the same dense network. Of levels, and of detectors, that
            have the same name, the last bank's counts; of the dense level the one with most variants.
        name: Of the new bank.
        levels: Names of the levels wanted besides the dense one; all if None.
        detectors: Names of the palm detectors wanted, the one that is to be the default first; all if None.

    Returns:
        bank.json's content and the files by name, for bank_file.write_bank_files.

    Raises:
        ModelError: A bank is wrong, their dense networks differ, or none has a network of a name wanted.
    """
    banks = [(folder, read_bank(folder), read_files(folder)) for folder in folders]
    dense = banks[0][1]["levels"][0]
    sparse: dict[str, Entry] = {}
    palms: dict[str, Entry] = {}
    files: dict[str, bytes] = {}
    for folder, bank, data in banks:
        if bank["levels"][0]["sha256"] != dense["sha256"]:
            msg = f"The banks {folders[0]} and {folder} have different dense networks: merge banks of one."
            raise ModelError(msg)
        # Each bank names its files for itself.
        for entry in networks_of(bank):
            content = data[entry["file"]]
            entry["file"] = _free_name(entry, files, content)
            files[entry["file"]] = content
        dense = max(dense, bank["levels"][0], key=lambda entry: len(entry.get("variants", ())))
        sparse.update((entry["name"], entry) for entry in bank["levels"][1:])
        palms.update((entry["name"], entry) for entry in bank["detectors"])
    ordered = sorted(_chosen(sparse, levels, "levels"), key=lambda entry: -int(entry["parameters"]))
    first = banks[0][1]
    palm_entries = _chosen(palms, detectors, "palm detectors")
    merged = new_bank(name, first["license"], first["source"], [dense, *ordered], palm_entries)
    return merged, {entry["file"]: files[entry["file"]] for entry in networks_of(merged)}


def _chosen(entries: Mapping[str, Entry], wanted: Sequence[str] | None, kind: str) -> list[Entry]:
    """Take the entries of the names wanted, in that order; all if None."""
    names = list(entries) if wanted is None else list(dict.fromkeys(wanted))
    unknown = sorted(set(names) - set(entries))
    if unknown:
        msg = f"None of the banks has the {kind} {', '.join(unknown)}: choose from {', '.join(entries)}."
        raise ModelError(msg)
    return [entries[name] for name in names]


def _free_name(entry: Entry, files: dict[str, bytes], data: bytes) -> str:
    """Return the file's name, with the beginning of its sha256 where another file has it already."""
    name: str = entry["file"]
    if files.get(name, data) == data:
        return name
    path = Path(name)
    return f"{path.stem}-{entry['sha256'][:12]}{path.suffix}"
