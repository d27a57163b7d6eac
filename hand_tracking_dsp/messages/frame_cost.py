"""Costs of a frame: the one record that the tracker, observers of a graph, traces and replay share."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from hand_tracking_dsp.tracking.drift import Drift
from hand_tracking_dsp.tracking.types import FrameResult

NAN = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameCost:
    """Costs of one frame and what it showed, as in msg/TrackerStats.msg; NaN = not measured or not known.

    Attributes:
        stamp_ns: Stamp of the image, nanoseconds; in a trace since its first frame.
        level: Level that the frame ran at; 0 = dense, higher = sparser.
        hands: Hands in view.
        total_ms: From taking the image to the hands, milliseconds.
        end_to_end_ms: From the image's stamp to the publishing of the hands, milliseconds.
        requested_level: Level last commanded.
        sparsity: Share of the dense network's parameters removed at that level, 0 to 1.
        detector_ran: Whether the palm detector ran.
        conversion_ms: From the message to pixels, milliseconds.
        detection_ms: Palm detection, milliseconds.
        landmarks_ms: Landmark network of all hands, milliseconds.
        presence: Lowest presence of the hands in view, 0 to 1.
        input_mean: Mean of the landmark network's input, 0 to 1.
        input_std: Standard deviation of that input, 0 to 1.
        drift: Distance of the landmarks from the dense level's, % of palm size.
        drift_sparser: At the dense level, that of the next sparser one, % of palm size.
        drift_ms: Time that measuring the drift took, milliseconds.
        smoothing_residual: How far the filter moved the landmarks, % of palm size.
        accelerator_utilization: Busy share of the accelerator, 0 to 1.
        frame: Number of the frame since activation, from 1; 0: not known.
        frames_dropped: Images replaced by a newer one before they were handled, since activation.
        frames_rejected: Images that could not be read, since activation.
        provider: Backend and execution provider.
        charge: State of charge last received before the frame's message, 0 to 1.
        power_w: Electric power last received, watts.
    """

    stamp_ns: int
    level: int
    hands: int
    total_ms: float = NAN
    end_to_end_ms: float = NAN
    requested_level: int = 0
    sparsity: float = NAN
    detector_ran: bool = False
    conversion_ms: float = NAN
    detection_ms: float = NAN
    landmarks_ms: float = NAN
    presence: float = NAN
    input_mean: float = NAN
    input_std: float = NAN
    drift: float = NAN
    drift_sparser: float = NAN
    drift_ms: float = NAN
    smoothing_residual: float = NAN
    accelerator_utilization: float = NAN
    frame: int = 0
    frames_dropped: int = 0
    frames_rejected: int = 0
    provider: str = ""
    charge: float = NAN
    power_w: float = NAN

    @classmethod
    def of(cls, result: FrameResult, drift: Drift, **others: Any) -> FrameCost:  # noqa: ANN401
        """Build the costs of a frame that was tracked here.

        The others are fields that the tracker does not know: stamp_ns, total_ms and further ones.
        """
        measured = {
            "hands": len(result.hands),
            "drift": drift.drift,
            "drift_sparser": drift.drift_sparser,
            "drift_ms": drift.ms,
        }
        return cls(**asdict(result.stats) | measured | others)

    @property
    def stamp_s(self) -> float:
        """The stamp, seconds."""
        return self.stamp_ns / 1e9

    @property
    def inference_ms(self) -> float:
        """Time of palm detection and landmark network, milliseconds."""
        return self.detection_ms + self.landmarks_ms
