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

"""The blocks file of a bank: what each block of its dense network becomes when it is pruned by itself.

A zip of arrays (numpy's .npz) and a description in JSON, opened only through bank.json, as networks are. It
holds what the network file of one precision does not: which hidden channels stay at each intensity, and the
weights that mix them then. docs/akperl.md describes it.
"""

from __future__ import annotations

import io
import json
import tokenize
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_file import read_bank_file, read_network
from hand_tracking_dsp.tracking.record import Reader, Record, as_bool, as_name, each, list_of, whole

# What zip, numpy and JSON raise over a file that is damaged, encrypted, or made to break them.
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError, SyntaxError, ValueError, KeyError, TypeError),
    *(AttributeError, EOFError, OSError, MemoryError, RuntimeError),
)

INTENSITIES = (0, 25, 50, 75, 100)
"""Pruning intensities of a block, % of its hidden channels; 100: it goes, or is as narrow as may be."""

DESCRIPTION = "blocks.json"
"""Name of the description in the file."""

MEASURED = "measured/"
"""Beginning of the names of what was measured of compositions; the estimate and times."""

SCHEMA = 1
_MOST_BYTES = 1 << 28

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Width(Record):
    """A block at one intensity.

    Attributes:
        channels: Hidden channels that stay; 0: the block goes.
        parameters: Trained parameters that the network loses.
        macs: Multiplications with addition that it loses.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {
        "channels": whole(),
        "parameters": whole(),
        "macs": whole(),
    }

    channels: int
    parameters: int
    macs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunableBlock(Record):
    """A block of the network file.

    Attributes:
        name: Its name.
        channels: Number of hidden channels.
        depthwise: Name of the node that filters each of them.
        rows: Initializers of which the first axis is the hidden channels.
        replaced: Initializers that are others at each width.
        output: Tensor that the network goes on with; "" where the block must stay.
        source: Tensor that it goes on with where the block is gone.
        widths: By INTENSITIES.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {
        "name": as_name,
        "channels": whole(1),
        "depthwise": as_name,
        "rows": list_of(as_name),
        "replaced": list_of(as_name),
        "removable": as_bool,
        "output": as_name,
        "source": as_name,
        "widths": each(Width),
    }

    name: str
    channels: int
    depthwise: str
    rows: tuple[str, ...]
    replaced: tuple[str, ...]
    removable: bool
    output: str
    source: str
    widths: tuple[Width, ...]

    def check(self) -> None:
        """Check the widths: one for each intensity, none wider than the one before."""
        channels = [width.channels for width in self.widths]
        falling = channels == sorted(channels, reverse=True)
        if len(channels) != len(INTENSITIES) or channels[0] != self.channels or not falling:
            msg = f"the block {self.name} has the widths {channels}, not one for each intensity, falling"
            raise ModelError(msg)
        if (channels[-1] == 0) != self.removable or 0 in channels[:-1]:
            msg = f"the block {self.name} goes where it must stay, or stays where it can go"
            raise ModelError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description(Record):
    """The description in a blocks file.

    Attributes:
        schema: SCHEMA.
        network: sha256 of the network file that the blocks are of.
        outputs: Outputs that a composed network has.
        blocks: The blocks, in the order of their run.
    """

    FIELDS: ClassVar[Mapping[str, Reader]] = {
        "schema": whole(1),
        "network": as_name,
        "outputs": list_of(as_name),
        "blocks": each(PrunableBlock),
    }

    schema: int = SCHEMA
    network: str
    outputs: tuple[str, ...]
    blocks: tuple[PrunableBlock, ...]

    def check(self) -> None:
        """Check schema and blocks."""
        if self.schema != SCHEMA:
            msg = f"its schema is {self.schema}, this version reads {SCHEMA}"
            raise ModelError(msg)
        if not self.blocks or not self.outputs:
            msg = "it has no block, or no output"
            raise ModelError(msg)


class BlockSet:
    """A blocks file that was read, and the network file that its blocks are of.

    Attributes:
        network: ONNX file of the dense network.
        description: The blocks.
        precision: Precision of the network file.
    """

    def __init__(
        self, network: bytes, description: Description, arrays: Mapping[str, Array], precision: str
    ) -> None:
        self.network, self.description, self.precision = network, description, precision
        self._arrays = arrays

    @classmethod
    def read(cls, bank: Manifest, precision: str) -> BlockSet:
        """Read the blocks of a bank's dense network in a precision.

        Raises:
            ModelError: The bank has none, a file is missing, damaged or another one, or the blocks are of
                another network.
        """
        info = next((one for one in bank.blocks or () if one.precision == precision), None)
        if info is None:
            known = " and ".join(one.precision for one in bank.blocks or ())
            but = f", but in {known}" if known else ""
            msg = f"The bank {bank.name} has no blocks in {precision}{but}: make them with models blocks."
            raise ModelError(msg)
        dense = bank.levels[0]
        file = next((one for one in (dense, *dense.variants) if one.precision == precision), None)
        network = read_network(bank, file) if file else b""
        data = read_bank_file(bank, info, "file of blocks")
        try:
            description, arrays = unpacked(data)
            if file is None or description.network != file.sha256:
                msg = f"its blocks are not those of the bank's level 0 in {precision}"
                raise ModelError(msg)  # noqa: TRY301 (a wrong field, too)
        except ModelError as error:
            msg = f"The blocks {bank.folder / info.file} cannot be used ({error}): make them again."
            raise ModelError(msg) from error
        return cls(network, description, arrays, precision)

    @property
    def blocks(self) -> tuple[PrunableBlock, ...]:
        """The blocks, in the order of their run."""
        return self.description.blocks

    def kept(self, block: PrunableBlock, channels: int) -> NDArray[np.int64]:
        """Return which hidden channels stay at a width, ascending."""
        return self._arrays[f"{block.name}/{channels}/kept"].astype(np.int64)

    def weights(self, block: PrunableBlock, channels: int) -> dict[str, Array]:
        """Return the initializers that are replaced at a width, by name."""
        return {name: self._arrays[f"{block.name}/{channels}/{name}"] for name in block.replaced}

    def measured(self) -> dict[str, Array]:
        """Return what was measured of compositions, by name; empty where nothing was."""
        return {
            name.removeprefix(MEASURED): one
            for name, one in self._arrays.items()
            if name.startswith(MEASURED)
        }

    def checked(self, choice: Sequence[int]) -> tuple[int, ...]:
        """Check a choice of layers.

        Args:
            choice: For each block, a place in INTENSITIES.

        Raises:
            ModelError: It has another number of blocks, or a place that there is not.
        """
        if len(choice) != len(self.blocks):
            msg = f"The choice has {len(choice)} layers, the network {len(self.blocks)}: give one for each."
            raise ModelError(msg)
        for block, place in zip(self.blocks, choice, strict=True):
            if not 0 <= place < len(INTENSITIES):
                most = len(INTENSITIES) - 1
                msg = f"The choice for {block.name} is {place}: give a place from 0 (dense) to {most}."
                raise ModelError(msg)
        return tuple(choice)


def packed(description: Description, arrays: Mapping[str, Array]) -> bytes:
    """Return a blocks file, the same for the same content."""
    stream = io.BytesIO()
    text = json.dumps(description.to_json(), indent=1)
    described = {DESCRIPTION: np.frombuffer(text.encode(), np.uint8)}
    np.savez_compressed(stream, **described, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def with_measured(
    description: Description, arrays: Mapping[str, Array], measured: Mapping[str, Array]
) -> bytes:
    """Return a blocks file with what was measured of its compositions, in place of what it held of that."""
    rest = {name: one for name, one in arrays.items() if not name.startswith(MEASURED)}
    return packed(description, rest | {f"{MEASURED}{name}": one for name, one in measured.items()})


def unpacked(data: bytes) -> tuple[Description, dict[str, Array]]:
    """Read a blocks file.

    Raises:
        ModelError: It is damaged, too large, or something is missing in it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(one.file_size for one in archive.infolist()) > _MOST_BYTES:
                msg = f"it is larger than {_MOST_BYTES >> 20} MiB"
                raise ModelError(msg)
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays: dict[str, Array] = {name: archive[name] for name in archive.files}
        description = Description.from_json(json.loads(arrays.pop(DESCRIPTION).tobytes()))
    except _UNREADABLE as error:
        msg = f"it is damaged, or no file of blocks ({error})"
        raise ModelError(msg) from error
    for name, one in arrays.items():
        _check_numbers(name, one)
    for block in description.blocks:
        for width in block.widths[1:]:
            _check_arrays(block, width.channels, arrays)
    return description, arrays


def _check_numbers(name: str, array: object) -> None:
    """Check that what a file holds by a name are finite numbers."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        msg = f"its {name} are not all finite numbers"
        raise ModelError(msg)


def _check_arrays(block: PrunableBlock, channels: int, arrays: Mapping[str, Array]) -> None:
    """Check that all that a width needs is there, and which channels stay."""
    if channels in (0, block.channels):
        return
    place = f"{block.name}/{channels}"
    kept = arrays.get(f"{place}/kept")
    if kept is None or kept.shape != (channels,) or kept.dtype != np.uint16:
        msg = f"it does not say which {channels} channels of {block.name} stay"
        raise ModelError(msg)
    if kept.max() >= block.channels or (np.diff(kept.astype(np.int64)) <= 0).any():
        msg = f"the {channels} channels of {block.name} that stay are not some of its {block.channels}"
        raise ModelError(msg)
    for name in block.replaced:
        if f"{place}/{name}" not in arrays:
            msg = f"{name} for {channels} channels of {block.name} is missing in it"
            raise ModelError(msg)
