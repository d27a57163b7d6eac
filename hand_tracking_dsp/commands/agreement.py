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

"""Agreement of the hands found in photos with MediaPipe's, for bench."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from hand_tracking_dsp.commands.arguments import add_image_limit, add_option, read_image_limit
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.agreement import Agreement, compare_trackers, sample_photos, table
from hand_tracking_dsp.evaluation.workers import mediapipe_worker, package_worker
from hand_tracking_dsp.options import declaration
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions

_MAX_HANDS = 2
_NOTE = (
    "This is agreement with MediaPipe, never accuracy: both run the same networks, and these "
    "photos have no ground truth."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--images", type=Path, nargs="+", metavar="DIR", help="agreement: folders of photos")
    parser.add_argument(
        "--count",
        type=int,
        default=600,
        help="agreement: photos in all, evenly over the folders",
    )
    add_image_limit(parser)
    parser.add_argument("--seed", type=int, default=0, help="agreement: seed of the choice of photos")
    backend = declaration(RuntimeOptions, "backend")
    add_option(parser, "--backend", backend, help="agreement: inference backend (default: %(default)s)")


def measure_agreement(args: argparse.Namespace) -> dict[str, Any]:
    """Compare, print a table, and return the figures.

    Raises:
        ConfigurationError: There is no --images, or a picture cannot be read.
    """
    if not args.images:
        msg = "bench agreement needs photos: name folders of them with --images."
        raise ConfigurationError(msg)
    limit = read_image_limit(args, *args.images)
    photos = sample_photos(args.images, args.count, args.seed)
    count = sum(map(len, photos.values()))
    done = 0

    def progress(_: Path) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            print(f"\r{done} of {count} photos", end="" if done < count else "\n", file=sys.stderr)

    # Static images as MediaPipe means it: each alone, so nothing is smoothed.
    options = TrackerOptions(max_hands=_MAX_HANDS, smoothing=False)
    with (
        mediapipe_worker(args.mediapipe_python, static=True, max_hands=_MAX_HANDS) as mediapipe,
        package_worker(options, RuntimeOptions(backend=args.backend, precision="fp32")) as ours,
    ):
        names = f"{ours.about['name']} ({ours.about['provider']}) and {mediapipe.about['name']}"
        results = compare_trackers(photos, ours, mediapipe, progress, limit)
    by_name = {str(Path(*folder.parts[-2:])): result for folder, result in results.items()}
    print(f"{names}, static image, full model, at most {_MAX_HANDS} hands, seed {args.seed}\n")
    print(table(by_name))
    print(f"\n{_NOTE}")
    return {
        "trackers": names,
        "seed": args.seed,
        "note": _NOTE,
        "all": sum(by_name.values(), Agreement()).figures(),
        "folders": {name: result.figures() for name, result in by_name.items()},
    }
