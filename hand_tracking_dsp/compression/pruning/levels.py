"""From bank to bank: the dense network, and a pruned level for each latency asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import onnx

from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.entries import (
    Entry,
    accuracy_entry,
    level_entry,
    networks_of,
    new_bank,
)
from hand_tracking_dsp.compression.bank.files import read_bank, read_files, write_bank_files
from hand_tracking_dsp.compression.bank.model_size import count_macs, count_parameters
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.crops import Crops, data_name, split
from hand_tracking_dsp.compression.pruning.allocation import allocate
from hand_tracking_dsp.compression.pruning.block_latency import LatencyTable, measure_latency
from hand_tracking_dsp.compression.pruning.network import parse_model, read_blocks
from hand_tracking_dsp.compression.pruning.prune import Lesson, prepare, prune
from hand_tracking_dsp.compression.pruning.sensitivity import Sensitivity, measure_sensitivity
from hand_tracking_dsp.compression.pruning.widths import rounded_width
from hand_tracking_dsp.errors import ConfigurationError, ModelError

HELD_BACK = 0.25
"""Share of the crops that nothing is learned from."""

_METHOD = "closed form"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a level should be: fast enough, or of a share of the channels.

    Attributes:
        latency: Most latency, relative to the dense network in fp32; None where keep is given.
        keep: Share of every block's hidden channels; None where latency is given.
        max_parameters: Most trained parameters, a share of the dense network's; no limit if None.
    """

    latency: float | None = None
    keep: float | None = None
    max_parameters: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ConfigurationError: A number is out of its range, or not exactly one of latency and keep is given.
        """
        if (self.latency is None) == (self.keep is None):
            msg = "A level needs either a latency or a share of channels to keep: give one of the two."
            raise ConfigurationError(msg)
        for name, value in asdict(self).items():
            if value is not None and not 0 < value <= 1:
                msg = f"A level's {name.replace('_', ' ')} is {value}: it must be above 0 and at most 1."
                raise ConfigurationError(msg)

    @property
    def name(self) -> str:
        """For people and for the file's name."""
        limit = f"_parameters{round(100 * self.max_parameters)}" if self.max_parameters else ""
        if self.keep is not None:
            return f"keep{round(100 * self.keep)}{limit}"
        return f"latency{round(100 * (self.latency or 0))}{limit}"


@dataclass(frozen=True, slots=True)
class Level:
    """A level that was made.

    Attributes:
        entry: As bank.json has it.
        latency: Predicted, relative to the dense network in fp32; None where it was not asked for.
        before: Deviation of the network that was pruned from the dense one, on the crops held back, % of
            palm size, by data set.
        after: The same of the level.
        found: Whether it lay in the bank already.
    """

    entry: Entry
    latency: float | None
    before: Mapping[str, float]
    after: Mapping[str, float]
    found: bool


class LevelMaker:
    """Prunes one network of a bank to several levels; what they have in common is measured once."""

    def __init__(
        self,
        bank: Path,
        crops: Crops,
        *,
        start: str = "",
        precision: str = "int8",
        seed: int = 0,
        on_progress: Callable[[str], None] | None = None,
    ) -> None:
        """Read the bank.

        Args:
            bank: Its folder; level 0 is the dense network.
            crops: To calibrate on; a quarter is held back to measure on.
            start: Name or index of the level to prune; level 0 if empty.
            precision: In which latency is measured, one of latency.PRECISIONS.
            seed: Of everything random.
            on_progress: Called with what is being done, at every block.

        Raises:
            ModelError: The bank is wrong, or has no such level in fp32.
            ConfigurationError: The crops cannot be split.
        """
        self._old = read_bank(bank)
        self._files = read_files(bank)
        self._start = _level(self._old, start)
        self._dense = parse_model(self._files[self._old["levels"][0]["file"]], self._old["levels"][0]["file"])
        self._model = parse_model(self._files[self._start["file"]], self._start["file"])
        self._precision, self._seed = precision, seed
        self._report = on_progress or (lambda _: None)
        self._learn, self._held_back = split(crops, HELD_BACK, seed)
        self._data = _data_sets(self._held_back, seed)
        self._reference = self._predict(self._dense)

    def make(self, wishes: Sequence[Wish], out: Path) -> Iterator[Level]:
        """Make levels, and write the bank whenever one is done.

        Args:
            wishes: One for each level, the slowest first.
            out: Folder of the new bank. Levels in it that were made of the same pictures with the same
                settings are kept as they are.

        Yields:
            The levels, in the order of the wishes.

        Raises:
            ConfigurationError: A wish cannot be fulfilled.
            OutputError: The bank cannot be written.
        """
        settings = [self._settings(wish) for wish in wishes]
        earlier = _earlier(out)
        # Every bank that is written on the way holds all levels that there are already.
        levels = {i: earlier[item["key"]][0] for i, item in enumerate(settings) if item["key"] in earlier}
        found = set(levels)
        files = self._kept_files() | {entry["file"]: data for entry, data in earlier.values()}
        before = self._deviations(self._predict(self._model))
        for i, wish in enumerate(wishes):
            if i not in found:
                levels[i], files = self._made(wish, settings[i], files)
            bank = self._bank(out, [levels[j] for j in sorted(levels)])
            written = write_bank_files(out, bank, files)["levels"][1:]
            levels = dict(zip(sorted(levels), written, strict=True))
            after = {item["data"]: item["value"] for item in levels[i]["accuracy"]}
            yield Level(levels[i], levels[i]["source"]["latency"], before, after, i in found)

    @cached_property
    def latency(self) -> LatencyTable:
        """What each block costs on this device."""
        report = lambda block: self._report(f"timing {block}")  # noqa: E731
        return measure_latency(
            self._model, reference=self._dense, precision=self._precision, on_progress=report
        )

    @cached_property
    def sensitivity(self) -> Sensitivity:
        """What each block's channels are worth."""
        report = lambda block: self._report(f"trying {block}")  # noqa: E731
        return measure_sensitivity(self._model, self.lesson, self._held_back, on_progress=report)

    @cached_property
    def lesson(self) -> Lesson:
        """What the blocks should give."""
        return prepare(self._model, self._learn, seed=self._seed)

    def _kept_files(self) -> dict[str, bytes]:
        """Return the files of what is taken over: the dense network and the palm detectors."""
        kept = {"levels": self._old["levels"][:1], "detectors": self._old["detectors"]}
        return {entry["file"]: self._files[entry["file"]] for entry in networks_of(kept)}

    def _bank(self, out: Path, levels: Sequence[Entry]) -> Entry:
        note = f"{self._old['source']}; pruned in closed form by hand-tracking-dsp models prune"
        dense, detectors = self._old["levels"][0], self._old["detectors"]
        return new_bank(out.resolve().name, self._old["license"], note, [dense, *levels], detectors)

    def _made(
        self, wish: Wish, settings: Mapping[str, Any], files: Mapping[str, bytes]
    ) -> tuple[Entry, dict[str, bytes]]:
        """Make a level; return its entry, and the files with its own among them."""
        keep, latency = self._allocation(wish)
        report = lambda block: self._report(f"pruning {block} to {wish.name}")  # noqa: E731
        model = prune(self._model, self.lesson, keep, on_progress=report)
        data = model.SerializeToString(deterministic=True)
        session = open_exact(model)
        found = predict(session, self._held_back.images)
        name = f"{self._start['name']}_{wish.name}"
        entry = level_entry(
            name,
            f"{name}.onnx",
            data,
            parameters=count_parameters(model),
            macs=count_macs(model),
            keep=keep,
            accuracy=[
                accuracy_entry(data, value, len(self._data[data]), session.provider)
                for data, value in self._deviations(found).items()
            ],
            source={**settings, "latency": latency and round(latency, 4)},
        )
        return entry, {**files, entry["file"]: data}

    def _allocation(self, wish: Wish) -> tuple[dict[str, float], float | None]:
        if wish.latency is None:
            share = wish.keep or 1.0
            blocks = read_blocks(self._model)
            return {block.name: rounded_width(block, share) / block.channels for block in blocks}, None
        most = wish.max_parameters
        limit = None if most is None else int(most * count_parameters(self._dense))
        found = allocate(self.sensitivity, self.latency, wish.latency, limit)
        return dict(found.keep), found.latency

    def _settings(self, wish: Wish) -> dict[str, Any]:
        """Say what a level is made of and how; the same key means the same level."""
        settings = {
            "file": self._start["file"],
            "sha256": self._start["sha256"],
            "method": _METHOD,
            "wish": asdict(wish),
            "precision": self._precision,
            "pictures": sorted(set(self._learn.sources)),
            "crops": len(self._learn),
            "seed": self._seed,
        }
        digest = hashlib.sha256(repr(settings).encode())
        digest.update(self._learn.images.tobytes())
        return {**settings, "key": digest.hexdigest()[:16]}

    def _predict(self, model: onnx.ModelProto) -> Predictions:
        return predict(open_exact(model), self._held_back.images)

    def _deviations(self, found: Predictions) -> dict[str, float]:
        """Measure the mean deviation from the dense network, over all crops held back and by data set."""
        values = deviation_palm_percent(found, self._reference)
        return {name: float(values[indices].mean()) for name, indices in self._data.items()}


def _data_sets(crops: Crops, seed: int) -> dict[str, list[int]]:
    """Give the crops of all data sets together, and of each, by the name that figures have."""
    by_source = [
        [i for i, name in enumerate(crops.sources) if name == source] for source in sorted(set(crops.sources))
    ]
    return {
        data_name(crops.subset(indices), seed): indices for indices in [list(range(len(crops))), *by_source]
    }


def read_level(folder: Path, wanted: str = "") -> onnx.ModelProto:
    """Read a bank's level by name or index, level 0 if empty.

    Raises:
        ModelError: The bank is wrong, or has no such level in fp32.
    """
    level = _level(read_bank(folder), wanted)
    return parse_model(read_files(folder)[level["file"]], level["file"])


def _level(bank: Entry, wanted: str) -> Entry:
    """Find a level by name or index.

    Raises:
        ModelError: There is none, or it is not in fp32.
    """
    names = {level["name"]: level for level in bank["levels"]}
    by_index = {str(level["index"]): level for level in bank["levels"]}
    level = names.get(wanted) or by_index.get(wanted or "0")
    if level is None:
        known = ", ".join(names)
        msg = f"The bank {bank['name']} has no level {wanted!r} to start from: choose one of {known}."
        raise ModelError(msg)
    if level["precision"] != "fp32":
        msg = f"The level {level['name']} is in {level['precision']}: start from one in fp32."
        raise ModelError(msg)
    return dict(level)


def _earlier(out: Path) -> dict[str, tuple[Entry, bytes]]:
    """Find the levels of an earlier, perhaps interrupted, run by their key, with their files."""
    try:
        levels, files = read_bank(out)["levels"], read_files(out)
    except ModelError:
        return {}
    keys = [(level.get("source") or {}).get("key") for level in levels]
    return {key: (level, files[level["file"]]) for key, level in zip(keys, levels, strict=True) if key}
