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

"""Damaged files given to the commands: each has to be taken, or refused with one sentence."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

from faults.mutations import mutate
from faults.samples import Sample, make_samples
from hand_tracking_dsp.cli import main

_LIMIT_S = 120
_MEMORY_BYTES = 6 * 2**30
_SHOWN = 2000
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Reading:
    """What a command made of a damaged file.

    Attributes:
        kind: Kind of the file.
        result: ``taken``, ``refused`` (one sentence), ``traceback``, ``died`` (a signal), ``hung`` or
            ``wordy`` (refused, but not in one sentence).
        text: What it printed to stderr, the end of it.
        file: Copy of the damaged file, where the result is none of the first two.
        seconds: Time that it took.
    """

    kind: str
    result: str
    text: str
    file: Path | None
    seconds: float

    @property
    def good(self) -> bool:
        """Whether the file was taken or refused as it has to be."""
        return self.result in ("taken", "refused")


def read_damaged_files(folder: Path, count: int, jobs: int, seed: int, only: str = "") -> list[Reading]:
    """Damage so many files and let the commands read them.

    Args:
        folder: Where samples are made, and where the files that did harm are kept.
        count: Number of files.
        jobs: Processes side by side.
        seed: Start of the random numbers; the same seed, count and jobs give the same files.
        only: Text that the kinds of file must hold; "": all.
    """
    shares = [(folder / str(n), count // jobs + (n < count % jobs), seed + n, only) for n in range(jobs)]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        return [
            reading for readings in pool.map(_read_share, *zip(*shares, strict=True)) for reading in readings
        ]


def _read_share(folder: Path, count: int, seed: int, only: str) -> list[Reading]:
    folder.mkdir(parents=True)
    # In a process of its own: what runs networks has threads, and this one forks.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        samples = [sample for sample in pool.submit(make_samples, folder).result() if only in sample.kind]
    random = Random(seed)
    readings = []
    for number in range(count):
        sample = random.choices(samples, [sample.weight for sample in samples])[0]
        readings.append(_read(sample, folder, number, random))
        if not readings[-1].good:
            print(f"{readings[-1].kind}: {readings[-1].result}: {readings[-1].file}", flush=True)
    return readings


def _read(sample: Sample, folder: Path, number: int, random: Random) -> Reading:
    whole = {path: path.read_bytes() for path in _beside(sample)}
    damaged = mutate(whole[sample.path], random)
    sample.path.write_bytes(damaged)
    said = folder / "stderr.txt"
    start_s = time.monotonic()
    try:
        if sample.settle is not None:
            sample.settle()
        status = _in_child(sample.words, said, sample.stop_s)
    finally:
        for path, data in whole.items():
            path.write_bytes(data)
        for path in folder.glob("out*"):
            shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True)
    text = said.read_text(encoding="utf-8", errors="replace")
    result = _result(status, text)
    kept = None
    if result not in ("taken", "refused"):
        kept = folder / f"{result}_{number}{sample.path.suffix}"
        kept.write_bytes(damaged)
    return Reading(sample.kind, result, text[-_SHOWN:], kept, time.monotonic() - start_s)


def _beside(sample: Sample) -> list[Path]:
    """List the file, and the manifest beside it that a change of its own may need."""
    manifest = sample.path.parent / "bank.json"
    return [sample.path, *([manifest] if sample.settle and manifest != sample.path else [])]


def _in_child(words: Sequence[str], said: Path, stop_s: float | None) -> int:
    """Run a command in a forked process, its stderr in a file; return what waitpid says of it."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            _be_the_command(words, said)
        except BaseException:  # noqa: BLE001 (this is what is looked for)
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(70)
    if stop_s is not None:
        deadline_s = time.monotonic() + stop_s
        while time.monotonic() < deadline_s:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return status
            time.sleep(_POLL_S)
        os.kill(pid, signal.SIGTERM)
    _, status = os.waitpid(pid, 0)
    return status


def _be_the_command(words: Sequence[str], said: Path) -> None:
    signal.alarm(_LIMIT_S)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    error = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(error, 2)
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        status = main(words)
    except SystemExit as ending:
        status = int(ending.code or 0)
    sys.stderr.flush()
    os._exit(status)


def _result(status: int, text: str) -> str:
    if os.WIFSIGNALED(status):
        return "hung" if os.WTERMSIG(status) == signal.SIGALRM else "died"
    if "Traceback (most recent call last)" in text:
        return "traceback"
    if os.WEXITSTATUS(status) == 0:
        return "taken"
    lines = [line for line in text.splitlines() if line.startswith("hand-tracking-dsp")]
    return "refused" if len(lines) == 1 else "wordy"
