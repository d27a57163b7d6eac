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

"""A bank whose levels are adapted to a camera's pictures; nothing is written that got worse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import onnx

from hand_tracking_dsp.compression.adapt.level import Adapted, LevelAdapter
from hand_tracking_dsp.compression.bank.entries import (
    new_accuracy,
    with_accuracy,
    with_latency,
    with_variant,
)
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.timing import Times, grey_runs, time_in_turn
from hand_tracking_dsp.compression.blocks import find_blocks
from hand_tracking_dsp.compression.onnx_graph import parse_model
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.errors import HandTrackingError, ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.contract import check_session, contract_of, warm_up
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import File, LevelInfo, files_of

DATA = "user pictures, held back"
"""Name in bank.json of the pictures that the figures come from."""

# ONNX Runtime and numpy let other threads work meanwhile.
_WORKERS = 2
_ADAPTED = ("fp32", "int8", "fp16")

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class AdaptedFile:
    """One file of the new bank, with the index and name of its level."""

    index: int
    level: str
    file: str
    result: Adapted


def check_levels(bank: Manifest, files: Files) -> onnx.ModelProto:
    """Open every level of a bank before anything long is begun; return the dense network.

    Raises:
        ModelError: A file is not a landmark network of its level's input, or the dense one is not in fp32.
        BackendError: ONNX Runtime refuses one.
    """
    models: dict[str, onnx.ModelProto] = {}
    for level in bank.levels:
        contract = contract_of(level)
        for info in files_of(level):
            models[info.file] = parse_model(files[info.file], info.file)
            session = open_exact(models[info.file])
            check_session(session, contract, info.file)
            warm_up(session, contract, info.file, runs=1)
    dense = _file_of(bank.levels[0], "fp32")
    if dense is None:
        msg = f"The bank {bank.name} has no dense level in fp32 to learn from: give one that has."
        raise ModelError(msg)
    return models[dense]


def adapt_levels(
    bank: Manifest,
    files: Files,
    adapter: LevelAdapter,
    fresh: Sequence[str] = (),
    on_file: Callable[[str], None] | None = None,
    on_passed: Callable[[str], None] | None = None,
) -> list[AdaptedFile]:
    """Adapt all levels, two at a time, and report the name of each file when it is done.

    Args:
        bank: The bank.
        files: Its networks, with the float input.
        adapter: What adapts them.
        fresh: Names of the levels that were just made from the same pictures: their fp32 files are as good as
            they get.
        on_file: Called with the name of each file that is done.
        on_passed: Called with a sentence on each level that is passed over; it stays as it is.

    Returns:
        By level, its fp32 file, then its INT8 file.
    """
    adapter.blocks, adapter.calibration  # noqa: B018 (shared: made before the threads start)
    work = partial(
        _adapt_level,
        files=files,
        adapter=adapter,
        fresh=fresh,
        report=on_file or (lambda _: None),
        on_passed=on_passed or (lambda _: None),
    )
    with ThreadPoolExecutor(_WORKERS) as pool:
        return [one for level in pool.map(work, bank.levels) for one in level]


def time_files(networks: Mapping[str, bytes], runs: int) -> tuple[str, dict[str, Times]]:
    """Time networks, at least one, in turn with one thread each.

    Returns:
        (what ran them, as Session.provider; their times by file).
    """
    sessions = [open_exact(parse_model(data, file)) for file, data in networks.items()]
    times = time_in_turn(grey_runs(sessions), runs)
    return sessions[0].provider, dict(zip(networks, times, strict=True))


def record(
    bank: Manifest,
    found: Sequence[AdaptedFile],
    provider: str,
    times: Mapping[str, Times],
    about: Mapping[str, Any],
) -> Manifest:
    """Add the new files and their measurements to a bank.

    What was measured of an old file on other pictures does not hold for the new one and goes.

    Args:
        bank: The old bank.
        found: Results of adapt_levels.
        provider: Provider that time_files returned.
        times: Times of all files found, of time_files.
        about: Fields of each new file's source: bank, pictures, crops, held_back, seed.
    """
    networks, old, levels = new_files(found), {info.file for info in bank.files}, list(bank.levels)
    for one in found:
        if one.file not in old:
            source = {"way": one.result.way, **about}
            levels[one.index] = with_variant(
                levels[one.index], one.file, networks[one.file], one.result.precision, source=source
            )
    by_file = {one.file: one for one in found}

    def recorded(info: File) -> File:
        if info.file not in by_file:
            return info
        result = by_file[info.file].result
        if info.file in networks and info.file in old:
            source = {"file": info.file, "sha256": info.computes, "way": result.way, **about}
            sha256 = sha256_of(networks[info.file])
            info = replace(info, sha256=sha256, float_sha256=None, accuracy=(), latency=(), source=source)
        measured = new_accuracy(DATA, result.after.deviation, about["held_back"], provider)
        return with_latency(with_accuracy(info, measured), times[info.file].profile(provider, 1))

    note = f"adapted to {about['crops']} hands of {about['pictures']} by hand-tracking-dsp models adapt"
    new = replace(bank.with_levels(levels), source=f"{bank.source}; {note}")
    return new.with_each_file(recorded)


def new_files(found: Sequence[AdaptedFile]) -> dict[str, bytes]:
    """Write out the networks that changed, by file."""
    return {one.file: serialized(one.result.model) for one in found if one.result.model is not None}


def _adapt_level(
    level: LevelInfo,
    files: Files,
    adapter: LevelAdapter,
    fresh: Sequence[str],
    report: Callable[[str], None],
    on_passed: Callable[[str], None],
) -> list[AdaptedFile]:
    """Adapt the files of one level; what came before a file that cannot be adapted is kept."""
    found: list[AdaptedFile] = []
    reason = _not_adapted(level)
    try:
        for file, result in [] if reason else _results(level, files, adapter, fresh):
            found.append(AdaptedFile(level.index, level.name, file, result))
            report(file)
    except HandTrackingError as error:
        reason = str(error).rstrip(".")
    if reason:
        left = "The rest of level" if found else "Level"
        on_passed(f"{left} {level.index} ({level.name}) is passed over and stays as it is: {reason}.")
    return found


def _not_adapted(level: LevelInfo) -> str:
    """Say why a level cannot be adapted; "" if it can."""
    if level.depth:
        return "it sees depth, which pictures have not"
    there = sorted({info.precision for info in files_of(level)})
    if not set(_ADAPTED) & set(there):
        return f"it has files in {', '.join(there)} alone, and those in {', '.join(_ADAPTED)} are adapted"
    return ""


def _results(
    level: LevelInfo, files: Files, adapter: LevelAdapter, fresh: Sequence[str]
) -> Iterator[tuple[str, Adapted]]:
    """Adapt the files of one level and yield each: fp32 first, since the others are made from it."""
    names = {precision: _file_of(level, precision) for precision in _ADAPTED}
    models = {
        precision: parse_model(files[name], name) for precision, name in names.items() if name is not None
    }
    base = models.get("fp32")
    if base is not None and names["fp32"] is not None:
        if level.index == 0 or level.name in fresh:
            result = adapter.unchanged(base, "fp32", new=level.name in fresh)
        else:
            result = adapter.adapt_floats(base)
        yield names["fp32"], result
        base = result.model or base
    # Convolutions are quantized: a network of another kind stays as it is.
    to_round = base if base is not None and find_blocks(base) else None
    if to_round is not None or names["int8"] is not None:
        file = names["int8"] or f"{Path(level.file).stem}_int8.onnx"
        yield file, adapter.adapt_integers(to_round, models.get("int8"))
    if "fp16" in models and names["fp16"] is not None:
        yield names["fp16"], adapter.adapt_halves(base, models["fp16"])


def _file_of(level: LevelInfo, precision: str) -> str | None:
    """Name a level's file of a precision; None if it has none."""
    return next((info.file for info in files_of(level) if info.precision == precision), None)
