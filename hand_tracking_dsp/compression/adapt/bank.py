"""From bank to bank: every level adapted, and nothing written that got worse."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from hand_tracking_dsp.compression.adapt.level import Adapted, Classroom
from hand_tracking_dsp.compression.bank.entries import (
    Entry,
    accuracy_entry,
    add_measurement,
    add_profile,
    add_variant,
    networks_of,
)
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.timing import Times, time_in_turn
from hand_tracking_dsp.compression.pruning.network import find_blocks, parse_model
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.contract import LANDMARKS, check_session, warm_up
from hand_tracking_dsp.tracking.device import device_name

DATA = "user pictures, held back"
"""What bank.json calls the pictures that the figures come from."""

# ONNX Runtime and numpy let other threads work meanwhile.
_WORKERS = 2

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class AdaptedFile:
    """One file of the new bank.

    Attributes:
        index: Of its level.
        level: That level's name.
        file: Its name.
        result: What became of it.
    """

    index: int
    level: str
    file: str
    result: Adapted


def check_levels(bank: Entry, files: Files) -> onnx.ModelProto:
    """Open every level of a bank before anything long is begun; return the dense network.

    Args:
        bank: See lab.bank_entries.
        files: Its networks by name.

    Raises:
        ModelError: A file is no landmark network, or the dense one is not in fp32.
        BackendError: ONNX Runtime refuses one.
    """
    for entry in networks_of({"levels": bank["levels"], "detectors": []}):
        session = open_exact(parse_model(files[entry["file"]], entry["file"]))
        check_session(session, LANDMARKS, entry["file"])
        warm_up(session, LANDMARKS, entry["file"], runs=1)
    dense = _entry_of(bank["levels"][0], "fp32")
    if dense is None:
        msg = f"The bank {bank['name']} has no dense level in fp32 to learn from: give one that has."
        raise ModelError(msg)
    return parse_model(files[dense["file"]], dense["file"])


def adapt_levels(
    bank: Entry,
    files: Files,
    room: Classroom,
    fresh: Sequence[str] = (),
    on_file: Callable[[str], None] | None = None,
) -> list[AdaptedFile]:
    """Adapt all levels, two at a time.

    Args:
        bank: See lab.bank_entries; stays as it is.
        files: Its networks by name.
        room: The dense network and what it teaches.
        fresh: Names of levels just made from the same pictures, whose fp32 files are as good as they get.
        on_file: Called with the name of each file when it is done.

    Returns:
        By level, its fp32 file, then its INT8 file.
    """
    room.blocks, room.calibration  # noqa: B018 (shared: made before the threads start)
    work = partial(_adapt_level, files=files, room=room, fresh=fresh, report=on_file or (lambda _: None))
    with ThreadPoolExecutor(_WORKERS) as pool:
        return [one for level in pool.map(work, bank["levels"]) for one in level]


def time_files(networks: Mapping[str, bytes], runs: int) -> tuple[str, dict[str, Times]]:
    """Time networks in turn, one thread each.

    Args:
        networks: By file, at least one.
        runs: Of each, at least 1.

    Returns:
        (what ran them, as Session.provider; their times by file).
    """
    grey = np.full(LANDMARKS.input_shape, 0.5, dtype=np.float32)
    sessions = [open_exact(parse_model(data, file)) for file, data in networks.items()]
    times = time_in_turn([partial(session.run, grey) for session in sessions], runs)
    return sessions[0].provider, dict(zip(networks, times, strict=True))


def record(
    bank: Entry,
    found: Sequence[AdaptedFile],
    provider: str,
    times: Mapping[str, Times],
    about: Mapping[str, Any],
) -> Entry:
    """Put the new files and what was measured of them into a bank.

    What was measured of an old file on other pictures does not hold for the new one and goes.

    Args:
        bank: The old one; stays as it is.
        found: Of adapt_levels.
        provider: Of time_files.
        times: Of time_files; of all files found.
        about: Goes into each new file's source: bank, pictures, crops, held_back, seed.

    Returns:
        The new bank.
    """
    levels = [
        {**level, "variants": [dict(one) for one in level.get("variants", ())]} for level in bank["levels"]
    ]
    networks = new_files(found)
    for one in found:
        level, after = levels[one.index], one.result.after
        entry = next((item for item in (level, *level["variants"]) if item["file"] == one.file), None)
        source = {"way": one.result.way, **about}
        if entry is None:
            entry = add_variant(level, one.file, networks[one.file], one.result.precision, source=source)
        elif one.file in networks:
            source = {"file": entry["file"], "sha256": entry["sha256"], **source}
            sha256 = hashlib.sha256(networks[one.file]).hexdigest()
            entry.update(sha256=sha256, accuracy=[], latency=[], source=source)
        entry["accuracy"], entry["latency"] = list(entry.get("accuracy", ())), list(entry.get("latency", ()))
        add_measurement(entry, accuracy_entry(DATA, after.deviation, about["held_back"], provider))
        profile = {"device": device_name(), "provider": provider, "threads": 1, **asdict(times[one.file])}
        add_profile(entry, profile)
    note = f"adapted to {about['crops']} hands of {about['pictures']} by hand-tracking-dsp models adapt"
    return {**bank, "levels": levels, "source": f"{bank['source']}; {note}"}


def new_files(found: Sequence[AdaptedFile]) -> dict[str, bytes]:
    """Write out the networks that changed, by file."""
    return {
        one.file: one.result.model.SerializeToString(deterministic=True)
        for one in found
        if one.result.model is not None
    }


def _adapt_level(
    level: Entry, files: Files, room: Classroom, fresh: Sequence[str], report: Callable[[str], None]
) -> list[AdaptedFile]:
    """Adapt the files of one level: fp32 first, since the others are made from it."""
    entries = {precision: _entry_of(level, precision) for precision in ("fp32", "int8", "fp16")}
    models = {
        precision: parse_model(files[entry["file"]], entry["file"])
        for precision, entry in entries.items()
        if entry is not None
    }
    found: list[AdaptedFile] = []

    def add(file: str, result: Adapted) -> None:
        found.append(AdaptedFile(level["index"], level["name"], file, result))
        report(file)

    base = models.get("fp32")
    if base is not None and entries["fp32"] is not None:
        if level["index"] == 0 or level["name"] in fresh:
            result = room.unchanged(base, "fp32", new=level["name"] in fresh)
        else:
            result = room.adapt_floats(base)
        add(entries["fp32"]["file"], result)
        base = result.model or base
    old = entries["int8"]
    # What is quantized is convolutions: a network of another kind stays as it is.
    to_round = base if base is not None and find_blocks(base) else None
    if to_round is not None or old is not None:
        file = old["file"] if old else f"{Path(level['file']).stem}_int8.onnx"
        add(file, room.adapt_integers(to_round, models.get("int8")))
    if "fp16" in models and entries["fp16"] is not None:
        add(entries["fp16"]["file"], room.adapt_halves(base, models["fp16"]))
    return found


def _entry_of(level: Entry, precision: str) -> Entry | None:
    entries = (level, *level.get("variants", ()))
    return next((entry for entry in entries if entry["precision"] == precision), None)
