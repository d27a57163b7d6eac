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

"""Agreement of this package's tracker with MediaPipe's Hands solution on photos, as static images.

Agreement, never accuracy: both run the same networks, and these photos have no ground truth. It shows that
detection, cropping and projection were rebuilt faithfully.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import cv2

from hand_tracking_dsp.cameras.folder import list_images, read_image
from hand_tracking_dsp.evaluation.matching import match_hands
from hand_tracking_dsp.evaluation.statistics import mean_or_nan, percentile
from hand_tracking_dsp.evaluation.workers import FoundHand, TrackerWorker
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent, mean_distance_px
from hand_tracking_dsp.tracking.types import Image


@dataclass(slots=True)
class Agreement:
    """Counts and distances of the hands that two trackers found in the same photos.

    Attributes:
        photos: Photos shown to both.
        mediapipe: Hands that MediaPipe found.
        ours: Hands that this package's tracker found.
        distances_px: Mean distance of the joints, one a hand found by both, pixels.
        distances_percent: The same in % of the palm size that MediaPipe saw.
        same_side: Hands found by both whose side both report, and report alike.
        other_side: Hands found by both whose side both report, and report differently.
    """

    photos: int = 0
    mediapipe: int = 0
    ours: int = 0
    distances_px: list[float] = field(default_factory=list)
    distances_percent: list[float] = field(default_factory=list)
    same_side: int = 0
    other_side: int = 0

    def add_photo(self, ours: Sequence[FoundHand], mediapipe: Sequence[FoundHand]) -> None:
        """Compare the hands that both found in one photo."""
        self.photos += 1
        self.ours += len(ours)
        self.mediapipe += len(mediapipe)
        pairs = match_hands([hand.landmarks for hand in ours], [hand.landmarks for hand in mediapipe])
        for i, j in pairs:
            a, b = ours[i], mediapipe[j]
            self.distances_px.append(mean_distance_px(a.landmarks, b.landmarks))
            self.distances_percent.append(mean_distance_palm_percent(a.landmarks, b.landmarks))
            if Handedness.UNKNOWN not in (a.handedness, b.handedness):
                self.same_side += a.handedness == b.handedness
                self.other_side += a.handedness != b.handedness

    def __add__(self, other: Agreement) -> Agreement:
        """Return the sum of both."""
        return Agreement(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def figures(self) -> dict[str, Any]:
        """Return the figures; a share or distance is None where there is nothing to take it of."""
        both = len(self.distances_px)
        sided = self.same_side + self.other_side
        return {
            "photos": self.photos,
            "hands_mediapipe": self.mediapipe,
            "hands_both": both,
            "found_by_both_percent": 100 * both / self.mediapipe if self.mediapipe else None,
            "hands_ours_only": self.ours - both,
            "deviation_px": _spread(self.distances_px),
            "deviation_palm_percent": _spread(self.distances_percent),
            "same_side_percent": 100 * self.same_side / sided if sided else None,
        }


def sample_photos(folders: Sequence[Path], count: int, seed: int) -> dict[Path, list[Path]]:
    """Choose photos at random, as evenly over the folders as their sizes allow; all where there are fewer.

    Returns:
        Sorted paths by folder.

    Raises:
        SourceError: A folder cannot be read, or holds no photo.
    """
    found = {folder: list_images(folder) for folder in folders}
    generator = random.Random(seed)
    chosen: dict[Path, list[Path]] = {}
    # The smallest folder first: what it cannot give, the larger ones share.
    for left, folder in zip(range(len(found), 0, -1), sorted(found, key=lambda f: len(found[f]))):  # noqa: B905
        wanted = -(-(count - sum(map(len, chosen.values()))) // left)
        chosen[folder] = sorted(generator.sample(found[folder], min(wanted, len(found[folder]))))
    return {folder: chosen[folder] for folder in folders}


def compare_trackers(
    photos: dict[Path, list[Path]],
    ours: TrackerWorker,
    mediapipe: TrackerWorker,
    on_photo: Callable[[Path], None] = lambda _: None,
    limit: ImageOptions | None = None,
) -> dict[Path, Agreement]:
    """Show every photo to both trackers, MediaPipe's opened as static; return the agreement by folder.

    Raises:
        FrameError: A photo cannot be decoded.
    """
    results = {}
    for folder, paths in photos.items():
        results[folder] = Agreement()
        for path, image in _read(paths, limit):
            found = ours.process(image, reset=True).hands
            results[folder].add_photo(found, mediapipe.process(image).hands)
            on_photo(path)
    return results


def table(results: dict[str, Agreement]) -> str:
    """Set results out as a Markdown table, with a last row for all together."""
    columns = (
        "folder",
        "photos",
        "hands MediaPipe finds",
        "found by both",
        "ours alone",
        "deviation px mean / median / p95",
        "% of palm size mean / median / p95",
        "same side",
    )
    rows = [f"| {' | '.join(columns)} |", "|---|" + "---:|" * (len(columns) - 1)]
    total = sum(results.values(), Agreement())
    for name, result in {**results, "**all**": total}.items():
        f = result.figures()
        rows.append(
            f"| {name} | {f['photos']} | {f['hands_mediapipe']} | {_number(f['found_by_both_percent'])} % "
            f"| {f['hands_ours_only']} | {_three(f['deviation_px'])} | {_three(f['deviation_palm_percent'])} "
            f"| {_number(f['same_side_percent'])} % |"
        )
    return "\n".join(rows)


def _read(paths: Sequence[Path], limit: ImageOptions | None) -> Iterator[tuple[Path, Image]]:
    for path in paths:
        yield path, cv2.cvtColor(read_image(path, limit), cv2.COLOR_BGR2RGB)


def _spread(values: list[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {
        "mean": mean_or_nan(values),
        "median": percentile(values, 50),
        "p95": percentile(values, 95),
    }


def _three(spread: dict[str, float] | None) -> str:
    return "-" if spread is None else " / ".join(f"{spread[key]:.2f}" for key in ("mean", "median", "p95"))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
