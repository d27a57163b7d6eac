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

"""Options of evaluate: their declarations, checks, and the values made of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_cluster,
    add_image_options,
    add_option,
    options_from,
    require_at_least,
)
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.depth.input_options import DEPTH_MODES, DepthInputOptions
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.replay.naming import distinct_names
from hand_tracking_dsp.evaluation.replay.points import RULES, Setting, require_level, require_point
from hand_tracking_dsp.evaluation.replay.run import RecordingSpec, ReplayOptions
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.options import declaration
from hand_tracking_dsp.power.mac_estimate import MacEstimateOptions
from hand_tracking_dsp.recordings.recorded_depth import DepthChoice
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.tracker_options import ALL_MEASURED, TrackerOptions

WORST_FRAMES = 10
"""Number of pictures in a report."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("bags", type=Path, nargs="*", metavar="BAG", help="rosbag2 folders or files")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the report")
    parser.add_argument("--images", type=Path, metavar="DIR", help="evaluate the photos of a folder, too")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="ground truth of those photos, a CSV")
    parser.add_argument("--topic", default="", help="topic of the images (default: the bag's only camera)")
    add_bank(parser)
    what = parser.add_argument_group("what to run (level 0 by default; several give several runs)")
    what.add_argument(
        "--level",
        type=int,
        nargs="+",
        default=[],
        metavar="N",
        help="sparsity levels, each in its densest point",
    )
    what.add_argument("--all-levels", action="store_true", help="every level of the bank")
    what.add_argument("--point", type=int, nargs="+", default=[], metavar="N", help="operating points")
    what.add_argument("--all-points", action="store_true", help="every operating point of the bank")
    what.add_argument(
        "--policy",
        nargs="+",
        default=[],
        metavar="FILE",
        help=f"let the controller decide: manifests of learned policies, or {', '.join(RULES)}",
    )
    what.add_argument(
        "--as-recorded",
        action="store_true",
        help="the frames that the recorded tracker handled, each at the level of the bag's topic hands",
    )
    _add_depth(parser.add_argument_group("depth"))
    how = parser.add_argument_group("how")
    how.add_argument("--realtime", action="store_true", help="drop frames as the live node would")
    how.add_argument(
        "--agreement", action="store_true", help="compare every frame with the dense level (takes longer)"
    )
    add_option(how, "--budget", declaration(ControllerOptions, "budget_ms"))
    how.add_argument(
        "--jobs", type=int, metavar="N", help="processes (default: one a core); 1 to time frames"
    )
    add_cluster(how, "recordings")
    for name in ("backend", "precision", "threads"):
        add_option(how, f"--{name}", declaration(RuntimeOptions, name))
    add_option(how, "--max-hands", declaration(TrackerOptions, "max_hands"))
    how.add_argument(
        "--all-measured",
        action="store_true",
        help="leave nothing out: no hand is held, the palm detector neither idles nor runs beside the hands",
    )
    smoothing = declaration(TrackerOptions, "smoothing")
    add_option(how, "--no-smoothing", smoothing, help="leave the landmarks as the network gives them")
    add_option(how, "--mirrored", declaration(TrackerOptions, "mirrored"))
    add_image_options(parser.add_argument_group("images"))
    add_option(how, "--picojoules-per-mac", declaration(MacEstimateOptions, "picojoules_per_mac"))
    parser.add_argument(
        "--metrics", action="store_true", help="print the definitions of all measures, and end"
    )


def _add_depth(depth: argparse._ArgumentGroup) -> None:
    depth.add_argument(
        "--depth",
        nargs="*",
        choices=DEPTH_MODES,
        metavar="MODE",
        help="run with the bags' depth images: fused (hands of the image in metres), depth_only (hands found "
        "in depth alone), auto (one of both, by the light), rgb (without); all if none is named",
    )
    depth.add_argument(
        "--depth-topic", default="", metavar="TOPIC", help="topic of the depth images (default: by its name)"
    )
    for name in ("slop_s", "unit_m"):
        flag = f"--depth-{name.replace('_', '-')}"
        add_option(depth, flag, declaration(DepthInputOptions, name), dest=f"depth_{name}")


def check(options: argparse.Namespace) -> None:
    """Refuse options that do not fit each other.

    Raises:
        ConfigurationError: They do not.
    """
    if options.out is None:
        msg = "The report needs a folder: add --out DIR."
        raise ConfigurationError(msg)
    if not options.bags and not options.images:
        msg = "There is nothing to evaluate: name bags, or --images DIR."
        raise ConfigurationError(msg)
    if options.truth and not options.images:
        msg = "--truth is the ground truth of the photos of --images: add --images DIR, or leave it out."
        raise ConfigurationError(msg)
    if options.as_recorded and not options.bags:
        msg = "--as-recorded needs a bag with a topic hands: name one."
        raise ConfigurationError(msg)
    if options.depth is None and options.depth_topic:
        msg = "--depth-topic names the depth images of --depth: add --depth, or leave it out."
        raise ConfigurationError(msg)
    if options.depth is not None and not options.bags:
        msg = "--depth needs bags with depth images: name one."
        raise ConfigurationError(msg)
    require_at_least(options, jobs=1)


def replay_options(options: argparse.Namespace) -> ReplayOptions:
    """Make the options of a replay.

    Raises:
        ConfigurationError: An option is out of its range.
    """
    return ReplayOptions(
        bank=(options.bank or default_bank()).resolve(),
        runtime=options_from(options, RuntimeOptions),
        tracker=_tracker_options(options),
        budget_ms=options.budget_ms,
        realtime=options.realtime,
        agreement=options.agreement,
        picojoules_per_mac=options.picojoules_per_mac,
        worst=WORST_FRAMES,
    )


def _tracker_options(options: argparse.Namespace) -> TrackerOptions:
    tracker = options_from(options, TrackerOptions)
    return TrackerOptions.of({**tracker.values(), **ALL_MEASURED}) if options.all_measured else tracker


def settings_of(options: argparse.Namespace, bank: Manifest) -> list[Setting]:
    """List the settings to run over every recording, each under a name of its own.

    Raises:
        ConfigurationError: The bank has no such level or operating point.
    """
    levels = range(len(bank.levels)) if options.all_levels else dict.fromkeys(options.level)
    for level in levels:
        require_level(bank, level)
    points = range(len(bank.points)) if options.all_points else dict.fromkeys(options.point)
    for point in points:
        require_point(bank, point)
    settings = [Setting(f"level {level}", level=level) for level in levels]
    settings += [Setting(f"point {point}", point=point) for point in points]
    policies = list(dict.fromkeys(options.policy))
    names = distinct_names([Path(policy) for policy in policies])
    settings += [
        Setting(f"policy {name}", policy=policy) for name, policy in zip(names, policies, strict=True)
    ]
    if options.as_recorded:
        settings.append(Setting("as recorded", as_recorded=True))
    settings = settings or [Setting("level 0", level=0)]
    modes = _modes(options, bank)
    if options.depth is None:
        return settings
    pairs = [(setting, mode) for setting in settings for mode in modes]
    return [replace(setting, name=f"{setting.name}, {mode}", depth_mode=mode) for setting, mode in pairs]


def _modes(options: argparse.Namespace, bank: Manifest) -> Sequence[str]:
    """Return the uses of depth to run: those named, or all that the bank can.

    Raises:
        ConfigurationError: The bank sees depth, and hands are to be found in images.
    """
    sees_depth = any(level.depth is not None for level in bank.levels)
    if options.depth == []:
        return ("depth_only",) if sees_depth else DEPTH_MODES
    modes = list(dict.fromkeys(options.depth or ("rgb",)))
    if sees_depth and modes != ["depth_only"]:
        msg = (
            f"The levels of the bank {bank.name} see depth: add --depth depth_only and no other mode, "
            f"or choose a bank whose levels see images."
        )
        raise ConfigurationError(msg)
    return modes


def recordings_of(options: argparse.Namespace) -> list[RecordingSpec]:
    """Return the recordings, each under a name of its own.

    Raises:
        ConfigurationError: The options of images do not fit each other.
    """
    paths = list(dict.fromkeys(path.resolve() for path in options.bags))
    names = distinct_names(paths)
    images = options_from(options, ImageOptions)
    depth = None
    if options.depth is not None:
        chosen = DepthInputOptions(slop_s=options.depth_slop_s, unit_m=options.depth_unit_m)
        depth = DepthChoice(options.depth_topic, chosen)
    recordings = [
        RecordingSpec(name, path, options.topic, images=images, depth=depth)
        for name, path in zip(names, paths, strict=True)
    ]
    if options.images:
        folder = options.images.resolve()
        name = f"{folder.name} (photos)"
        recordings.append(RecordingSpec(name, folder, truth=options.truth, photos=True, images=images))
    return recordings
