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

"""Options of the commands that read gestures in labelled pictures."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path

from hand_tracking_dsp.commands.arguments import require_between
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.gestures.pictures import check_gestures
from hand_tracking_dsp.recordings.labels import PARTS, LabelledHand, choose_part, read_labels


def add_labelled_pictures(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Declare --images, --labels, --split and --margin."""
    parser.add_argument(
        "--images", type=Path, required=required, metavar="DIR", help="folder of labelled pictures"
    )
    parser.add_argument(
        "--labels",
        type=Path,
        required=required,
        metavar="CSV",
        help="columns file (name or pattern), open_fingers, gesture and a box (xmin, ymin, xmax, ymax)",
    )
    parser.add_argument(
        "--split", choices=PARTS, default="all", help="groups of pictures to measure (default: %(default)s)"
    )
    parser.add_argument(
        "--margin",
        type=float,
        default=0.0,
        help="widen pictures by this share of a side, 0 to 2, on each side",
    )


def read_labelled_pictures(
    options: argparse.Namespace, gestures: Collection[str]
) -> tuple[LabelledHand, ...]:
    """Read --images, --labels, --split and --margin.

    Args:
        options: Options of add_labelled_pictures.
        gestures: Names of the gestures that are known.

    Returns:
        The hands of the part that was asked for; none without --labels.

    Raises:
        ConfigurationError: One of them, or a label, cannot be used.
    """
    require_between(options, margin=(0, 2))
    if options.labels is None:
        return ()
    if not options.images.is_dir():
        msg = f"--images {options.images} is no folder: give that of the labelled pictures."
        raise ConfigurationError(msg)
    hands = read_labels(options.labels, options.images)
    check_gestures(hands, gestures, options.labels)
    return choose_part(hands, options.split)
