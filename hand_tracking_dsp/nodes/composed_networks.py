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

"""Networks that hand_tracker_node composes where a command says what to keep of each block."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.composition.composer import Composer, ComposerOptions
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.substitute import Substitute
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.types import ChannelOrder, FrameResult
from hand_tracking_dsp.tracking.types import Image as Pixels


class ComposedNetworks:
    """Has networks composed as they are commanded, and lets them run once they are ready.

    Args:
        warn: Called with sentences for the log.
    """

    def __init__(self, warn: Callable[[str], object]) -> None:
        self._warn = warn
        self._options = ComposerOptions()
        self._banks: tuple[Manifest, LevelBank] | None = None
        self._composer: Composer | None = None
        self._problem = ""
        self._running: Substitute | None = None
        self._taken = 0

    def open(self, manifest: Manifest, bank: LevelBank, options: ComposerOptions) -> None:
        """Take a bank, and its levels as they run."""
        self._options, self._banks = options, (manifest, bank)
        self._running, self._taken = None, 0

    def set_options(self, options: ComposerOptions) -> None:
        """Take other settings."""
        self._options = options
        if self._composer is not None:
            self._composer.options = options

    def command(self, level: int, keep: Sequence[int]) -> None:
        """Take what a command keeps of each block, while a level runs that stands in; empty: nothing."""
        if self._banks is None:
            return
        self._problem = ""
        manifest, bank = self._banks
        if keep and self._composer is None:
            try:
                self._composer = Composer(manifest, bank.choices[0], self._options)
            except HandTrackingError as error:
                self._complain(f"{error} Level {level} runs on.")
        if self._composer is None:
            return
        wanted = tuple(map(int, keep))
        if wanted and not 0 < level < len(bank.levels):
            self._complain(
                f"A composed network was commanded in the place of level {level}: it can only take that of a "
                f"sparser level of the bank, 1 to {len(bank.levels) - 1}. The level's own network runs."
            )
            wanted = ()
        self._composer.want(level, wanted)

    def apply(self, tracker: HandTracker) -> None:
        """Let run what is ready; call it in the thread that tracks, before a frame."""
        if self._composer is None:
            return
        found = self._composer.ready
        if found is not self._running:
            tracker.run_instead(found)
            self._running = found
            self._taken += found is not None

    def see(self, pixels: Pixels, order: ChannelOrder, result: FrameResult) -> None:
        """Show the composer a hand of a frame now and then; call it after the hands were published."""
        composer = self._composer
        measured = [raw for hand, raw in zip(result.hands, result.raw, strict=True) if hand.measured]
        if composer is None or self._banks is None or not measured or not composer.wants_hand():
            return
        composer.see(self._banks[1].network_input(pixels, measured[0].region, 0, order))

    def describe(self, report: Report) -> None:
        """Add what runs, and why what was commanded does not."""
        running = self._running
        if running is not None:
            report.values["composition"] = " ".join(map(str, running.keep))
        if self._taken:
            report.values["compositions_taken"] = self._taken
        if self._problem:
            report.warnings.append(self._problem)
        composer = self._composer
        if composer is None:
            return
        if composer.waits:
            report.notes.append("A composed network is being made, or waits for hands to be tried on.")
        if composer.refusal:
            report.warnings.append(composer.refusal)

    def close(self) -> None:
        """End the composer, and let go of the bank."""
        if self._composer is not None:
            self._composer.close()
        self._composer = self._banks = self._running = None

    def _complain(self, sentence: str) -> None:
        self._problem = sentence
        self._warn(sentence)
