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

"""bank.json as a whole: the networks of a bank, which network_file reads from disk.

The schema is described in docs/bank.md.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from hand_tracking_dsp.documents import read_json, sha256_of
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.contract import BYTE_INPUT, DEPTH_INPUT, FLOAT_INPUT
from hand_tracking_dsp.tracking.network_info import (
    FileChange,
    FileInfo,
    LevelInfo,
    NearInfo,
    Network,
    NetworkInfo,
)
from hand_tracking_dsp.tracking.operating_point import (
    DEFAULT_GATE,
    DEFAULT_SEARCH_INTERVAL_S,
    NO_POINT,
    OperatingPoint,
    PointInfo,
    check_points,
    densest_choice,
)
from hand_tracking_dsp.tracking.record import Reader, Record, as_name, as_text, each, read_field, whole

SCHEMAS = (FLOAT_INPUT, BYTE_INPUT, DEPTH_INPUT)
"""Schemas that are read: the number is the highest version of the contract that the bank's networks keep."""

MANIFEST_NAME = "bank.json"
MAX_LEVELS = NO_POINT
"""Most levels, which travel as uint8 in msg/SparsityCommand.msg, as operating points do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(Record):
    """The content of bank.json.

    Attributes:
        schema: Highest version of the contract that the networks keep, one of SCHEMAS.
        name: The bank's name.
        license: The licence of its networks.
        source: Origin of its networks, for people.
        levels: By index, from 0 without a gap.
        detectors: The palm detectors, the default one first.
        operating_points: Measured operating points, from the densest to the cheapest; see points.
        near_detector: The palm detector of likely places; None: there is none.
        blocks: Blocks of the dense network that networks are composed of, a file for each precision.
        folder: Folder of the bank; not in bank.json.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {
        "schema": whole(),
        "name": as_name,
        "license": as_text,
        "source": as_text,
        "levels": each(LevelInfo),
        "detectors": each(NetworkInfo),
        "operating_points": each(PointInfo),
        "near_detector": NearInfo.from_json,
        "blocks": each(FileInfo),
    }

    schema: int = FLOAT_INPUT
    name: str
    license: str = ""
    source: str = ""
    levels: tuple[LevelInfo, ...]
    detectors: tuple[NetworkInfo, ...]
    operating_points: tuple[PointInfo, ...] | None = None
    near_detector: NearInfo | None = None
    blocks: tuple[FileInfo, ...] | None = None
    folder: Path = field(default=Path(), compare=False)

    def check(self) -> None:
        """Check the numbering of the levels, and that each network has a name of its own."""
        if [level.index for level in self.levels] != list(range(len(self.levels))):
            msg = "its levels are not numbered 0, 1, 2, …"
            raise ModelError(msg)
        if not 1 <= len(self.levels) <= MAX_LEVELS:
            msg = f"it has {len(self.levels)} levels, 1 to {MAX_LEVELS} are possible"
            raise ModelError(msg)
        if self.schema != DEPTH_INPUT and any(level.depth for level in self.levels):
            msg = f"its schema is {self.schema}, but levels that see depth need schema {DEPTH_INPUT}"
            raise ModelError(msg)
        check_points(self.operating_points or (), len(self.levels))
        for networks in (self.levels, self.detectors):
            names = Counter(network.name for network in networks)
            name, count = names.most_common(1)[0] if names else ("", 0)
            if count > 1:
                msg = f"{count} of its networks are called {name!r}"
                raise ModelError(msg)

    @property
    def points(self) -> tuple[PointInfo, ...]:
        """The operating points to choose from, each cheaper than the one before.

        Where none were measured there is one of each level, at the default gate and search interval, of which
        only the work of its network is known.
        """
        if self.operating_points:
            return self.operating_points
        dense = max(self.levels[0].macs, 1)
        return tuple(
            PointInfo(
                level=level.index,
                gate=DEFAULT_GATE,
                search_interval_s=DEFAULT_SEARCH_INTERVAL_S,
                cost=level.macs / dense,
            )
            for level in self.levels
        )

    def point(self, level: int, number: int = NO_POINT) -> tuple[int, OperatingPoint]:
        """Find the operating point that a command asks for.

        Args:
            level: Sparsity level; beyond the sparsest, the sparsest is meant.
            number: Number of the point; one that is not the level's, or NO_POINT: the level's densest that
                policies choose.

        Returns:
            Its number and the point, with the level asked for; NO_POINT, and the level at the default gate
            and search interval, where the list has no point of the level.
        """
        of_level = min(level, len(self.levels) - 1)
        numbers = [index for index, point in enumerate(self.points) if point.level == of_level]
        if not numbers:
            return NO_POINT, OperatingPoint(level)
        chosen = [one for one in numbers if one >= densest_choice(self.points)] or numbers
        found = number if number in numbers else chosen[0]
        return found, replace(self.points[found].point, level=level)

    @property
    def networks(self) -> tuple[NetworkInfo, ...]:
        """All networks: the levels, the palm detectors, and the near one."""
        near = () if self.near_detector is None else (self.near_detector,)
        return (*self.levels, *self.detectors, *near)

    @property
    def files(self) -> tuple[FileInfo, ...]:
        """All files: each network in its default file, followed by its variants."""
        return tuple(info for network in self.networks for info in (network, *network.variants))

    @property
    def fingerprint(self) -> str:
        """A sha256 over the levels' networks, 64 hexadecimal digits.

        It distinguishes banks whose levels do not compute the same; another form of their input, other
        latencies and accuracies do not change it.
        """
        files = [[network.computes for network in (level, *level.variants)] for level in self.levels]
        return sha256_of(json.dumps(files).encode())

    def level(self, name: str) -> LevelInfo:
        """Find a level by name or index; level 0 where the name is empty.

        Raises:
            ModelError: The bank has none of that name.
        """
        wanted = name or "0"
        for found in ("name", "index"):
            for info in self.levels:
                if wanted == str(getattr(info, found)):
                    return info
        known = ", ".join(info.name for info in self.levels)
        msg = f"The bank {self.name} has no level {name!r} to start from: choose one of {known}."
        raise ModelError(msg)

    def detector(self, name: str) -> NetworkInfo:
        """Find a palm detector by name; the first, which is the bank's default, where the name is empty.

        Raises:
            ModelError: The bank has none of that name.
        """
        for info in self.detectors:
            if name in {"", info.name}:
                return info
        known = ", ".join(info.name for info in self.detectors) or "none"
        msg = f"The bank {self.folder} has no palm detector {name!r}: choose one of {known}."
        raise ModelError(msg)

    def with_levels(self, levels: Sequence[LevelInfo]) -> Manifest:
        """Return the bank with other levels, and without operating points: they were measured with these."""
        levels = tuple(levels)
        # Of equal levels the fields may still be written in another order.
        return replace(self if levels == self.levels else self.without_points(), levels=levels)

    def without_points(self) -> Manifest:
        """Return the bank without operating points."""
        return self if self.operating_points is None else replace(self, operating_points=())

    def with_each_file(self, change: FileChange) -> Manifest:
        """Return the bank with every file changed: the default files of its networks, and their variants.

        Where its levels then compute something else, it is without operating points: they were measured with
        what they computed before.
        """

        def changed(networks: tuple[Network, ...]) -> tuple[Network, ...]:
            return tuple(change(replace(one, variants=tuple(map(change, one.variants)))) for one in networks)

        near = None if self.near_detector is None else changed((self.near_detector,))[0]
        levels, detectors = changed(self.levels), changed(self.detectors)
        new = replace(self, levels=levels, detectors=detectors, near_detector=near)
        return new if new.fingerprint == self.fingerprint else new.without_points()

    def to_text(self) -> str:
        """Return the content of bank.json as it is written."""
        return json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n"


def read_manifest(bank: Manifest | Path | str) -> Manifest:
    """Read and check a bank's manifest; no network is opened.

    Args:
        bank: Folder with bank.json, or the path of bank.json itself; a manifest is returned as it is.

    Raises:
        ModelError: It is missing, not JSON, of another schema, or a field is wrong.
    """
    if isinstance(bank, Manifest):
        return bank
    path = Path(bank)
    if path.suffix != ".json":
        path = path / MANIFEST_NAME
    try:
        data = read_json(path)
    except OSError as error:
        msg = (
            f"The level bank {path} cannot be read ({error.strerror}): give the folder of a bank, "
            f"or dsp, depth or hourglass for one of the package's."
        )
        raise ModelError(msg) from error
    except ValueError as error:
        msg = f"The level bank {path} cannot be used ({error}): restore or export it again."
        raise ModelError(msg) from error
    return parse_manifest(path, data)


def parse_manifest(path: Path, data: Any) -> Manifest:  # noqa: ANN401 (JSON of any form)
    """Read and check the JSON value of a bank.json; the path is that of the file.

    Raises:
        ModelError: It is of another schema, or a field is missing or wrong.
    """
    cure = "export it again"
    try:
        # First: the fields of another schema may be others.
        schema = read_field(data, "schema", whole())
        if schema not in SCHEMAS:
            cure = "update hand_tracking_dsp, or export the bank for this version"
            known = ", ".join(map(str, SCHEMAS))
            msg = f"its schema is {schema}, this version reads {known}"
            raise ModelError(msg)  # noqa: TRY301 (a wrong field, too)
        return replace(Manifest.from_json(data), folder=path.parent)
    except ModelError as error:
        msg = f"The level bank {path} cannot be used ({error}): {cure}."
        raise ModelError(msg) from error
