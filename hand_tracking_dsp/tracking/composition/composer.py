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

"""Composes networks in a thread of its own, and tries each on the last hands before it may run."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from statistics import fmean
from time import monotonic

from hand_tracking_dsp.errors import HandTrackingError, ModelError
from hand_tracking_dsp.hand import JOINT_COUNT
from hand_tracking_dsp.options import check_options, dynamic_option, option
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.keep import choice_of
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo
from hand_tracking_dsp.tracking.niceness import step_back
from hand_tracking_dsp.tracking.opening import open_checked
from hand_tracking_dsp.tracking.precision import Choice
from hand_tracking_dsp.tracking.substitute import Substitute
from hand_tracking_dsp.tracking.types import Floats, Image

Keep = tuple[int, ...]

# Hands that a network is tried on, the least of them, and how far they lie apart in time.
_HANDS, _LEAST_HANDS, _APART_S = 8, 4, 0.25
# A network that was too far off is tried again on other hands after this time.
_AGAIN_S = 10.0
_PRESENT = 0.5
_LEAST_TIME = 0.01


@dataclass(frozen=True, slots=True)
class ComposerOptions:
    """Settings of networks that are composed while the robot runs."""

    drift_limit_percent: float = dynamic_option(
        12.0,
        "Mean distance from the dense level on the last hands, beyond which a composed network does not run.",
        "% of palm size",
        0,
        100,
    )
    kept: int = option(4, "Composed networks that stay loaded.", "networks", 1, 64)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


class Composer:
    """Composes the networks that are wanted, opens them and tries them, one at a time.

    Everything may be called from any thread. Networks that ran before are kept; of more than `kept` the one
    that was not wanted for longest is closed.

    Args:
        bank: A bank with blocks.
        dense: What runs for its dense level.
        options: Settings.

    Attributes:
        options: Settings; may be replaced.

    Raises:
        ModelError: The bank has no blocks in the precision of the dense level, or they cannot be used.
    """

    def __init__(
        self,
        bank: Manifest,
        dense: Choice[LevelInfo],
        options: ComposerOptions | None = None,
    ) -> None:
        self.options = options or ComposerOptions()
        self._blocks = BlockSet.read(bank, dense.info.precision)
        self._profile = CompositionProfile.of(self._blocks, bank.levels[0])
        self._dense = dense
        self._changed = threading.Condition()
        self._wanted: tuple[int, Keep] | None = None
        self._hands: deque[Floats | Image] = deque(maxlen=_HANDS)
        self._seen_s = -math.inf
        self._loaded: OrderedDict[Keep, Session] = OrderedDict()
        self._ready: Substitute | None = None
        self._refusal, self._refused_s = "", -math.inf
        self._reference: Session | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="composer", daemon=True)
        self._thread.start()

    def want(self, level: int, keep: Keep) -> None:
        """Want a network in the place of a level; an empty keep: none any more."""
        with self._changed:
            wanted = (level, keep) if keep else None
            if wanted != self._wanted:
                self._wanted, self._ready, self._refusal = wanted, None, ""
                self._hands.clear()
                self._changed.notify_all()

    def wants_hand(self) -> bool:
        """Return whether to show it a hand now: some are kept, a while apart, for trials."""
        trying = self._wanted is not None and self._ready is None
        return trying and monotonic() - self._seen_s >= _APART_S

    def see(self, tensor: Floats | Image) -> None:
        """Take the dense level's input of a hand that is in view; it is copied."""
        with self._changed:
            self._seen_s = monotonic()
            self._hands.append(tensor.copy())
            self._changed.notify_all()

    @property
    def ready(self) -> Substitute | None:
        """The network that is wanted, if it is ready and was near enough; None else."""
        return self._ready

    @property
    def refusal(self) -> str:
        """Sentence on why the network that is wanted does not run; empty where it does, or may yet."""
        return self._refusal

    @property
    def waits(self) -> bool:
        """True while a network is wanted and is neither ready nor refused."""
        with self._changed:
            return self._wanted is not None and self._ready is None and not self._refusal

    def close(self) -> None:
        """End the thread and close the networks."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        self._loaded.clear()
        self._reference = None

    def _work(self) -> None:
        step_back()
        while (wanted := self._next()) is not None:
            try:
                problem = self._advance(*wanted)
            except HandTrackingError as error:
                problem = str(error)
            except MemoryError:
                problem = "There is no memory for a composed network."
            except Exception as error:  # noqa: BLE001 (nothing may end the thread)
                problem = f"Composing a network failed ({type(error).__name__}: {error})."
            with self._changed:
                if self._wanted == wanted:
                    self._refusal = problem and f"{problem} Level {wanted[0]} runs on."
                    self._refused_s = monotonic()

    def _next(self) -> tuple[int, Keep] | None:
        """Wait for something to do; None: the end."""
        with self._changed:
            while not self._closed:
                if self._wanted is not None and self._is_due(self._wanted[1]):
                    return self._wanted
                self._changed.wait()
            return None

    def _is_due(self, keep: Keep) -> bool:
        """Return whether to compose or try a network now; hands that come wake the thread."""
        if self._ready is not None:
            return False
        if self._refusal:
            return self._seen_s - self._refused_s > _AGAIN_S
        return keep not in self._loaded or len(self._hands) >= _LEAST_HANDS

    def _advance(self, level: int, keep: Keep) -> str:
        """Compose a network that is not loaded yet, or try one that is; return why it is too far off."""
        if keep not in self._loaded:
            session = self._opened(keep)
            with self._changed:
                self._loaded[keep] = session
                while len(self._loaded) > self.options.kept:
                    self._loaded.popitem(last=False)
            return ""
        with self._changed:
            self._loaded.move_to_end(keep)
            hands = list(self._hands)
        session = self._loaded[keep]
        drift, limit = self._drift_percent(session, hands), self.options.drift_limit_percent
        if drift > limit:
            return (
                f"The composed network was {drift:.1f} % of palm size off on the last {len(hands)} hands, "
                f"more than composition.drift_limit_percent allows ({limit:g})."
            )
        found = self._substitute(level, keep, session)
        with self._changed:
            if self._wanted == (level, keep):
                self._ready = found
        return ""

    def _opened(self, keep: Keep) -> Session:
        try:
            from hand_tracking_dsp.tracking.composition.compose import compose
        except ImportError as error:
            msg = f"Composing networks needs the package onnx ({error}): install it with pip install onnx."
            raise ModelError(msg) from error
        return open_checked(compose(self._blocks, choice_of(keep)), self._dense)

    def _substitute(self, level: int, keep: Keep, session: Session) -> Substitute:
        choice = [choice_of(keep)]
        time, parameters = (
            float(self._profile.left(spared, choice)[0])
            for spared in (self._profile.time, self._profile.parameters)
        )
        return Substitute(level, keep, session, max(time, _LEAST_TIME), 1.0 - parameters)

    def _drift_percent(self, session: Session, hands: list[Floats | Image]) -> float:
        """Return the mean distance from the dense level over the hands that it sees; infinite without one."""
        if self._reference is None:
            self._reference = open_checked(self._blocks.network, self._dense)
        distances = []
        for tensor in hands:
            expected, presence, *_ = self._reference.run(tensor)
            found = session.run(tensor)[0]
            if presence.item() >= _PRESENT:
                points = (one.reshape(JOINT_COUNT, 3) for one in (found, expected))
                distances.append(mean_distance_palm_percent(*points))
        return fmean(distances) if distances else math.inf
