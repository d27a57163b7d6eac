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

"""Rules of the public benchmarks of hand pose from depth: cameras, joints and their order."""

from __future__ import annotations

from dataclasses import dataclass

from hand_tracking_dsp.tracking.depth_view import Intrinsics


@dataclass(frozen=True, slots=True)
class PoseBenchmark:
    """A data set with the rules by which results on it are published.

    Attributes:
        name: Name in commands.
        title: Name for people.
        camera: Camera by which published results are placed in space, in the optical frame (y down).
        width: Columns of its depth images.
        height: Rows of its depth images.
        joints: Names of the joints that are evaluated, in the order of results files.
        centre: Index of the joint around which the hand is cut out.
        cube_m: Side of the cube that is cut out, metres.
    """

    name: str
    title: str
    camera: Intrinsics
    width: int
    height: int
    joints: tuple[str, ...]
    centre: int
    cube_m: float


def _finger_joints(joints: str, *fingers: str) -> tuple[str, ...]:
    return tuple(f"{finger} {joint}" for finger in fingers for joint in joints.split())


# The cameras are those of the collection of published results, xinghaochen/awesome-hand-pose-estimation; it
# counts y upwards for NYU, which no distance depends on. Cubes and centres are those of M. Oberweger and
# V. Lepetit, "DeepPrior++: Improving fast and accurate 3D hand pose estimation", ICCVW 2017.
NYU = PoseBenchmark(
    "nyu",
    "NYU",
    Intrinsics(588.03, 587.07, 320, 240),
    640,
    480,
    (
        *_finger_joints("tip middle", "little", "ring", "middle", "index"),
        *("thumb tip", "thumb middle", "thumb root", "wrist side", "wrist", "palm"),
    ),
    centre=13,
    cube_m=0.3,
)
"""J. Tompson et al., "Real-time continuous pose recovery of human hands", ACM Trans. Graphics 33, 2014."""

ICVL = PoseBenchmark(
    "icvl",
    "ICVL",
    Intrinsics(240.99, 240.96, 160, 120),
    320,
    240,
    ("palm", *_finger_joints("root middle tip", "thumb", "index", "middle", "ring", "little")),
    centre=0,
    cube_m=0.25,
)
"""D. Tang et al., "Latent regression forest", CVPR 2014."""

MSRA = PoseBenchmark(
    "msra",
    "MSRA15",
    Intrinsics(241.42, 241.42, 160, 120),
    320,
    240,
    ("wrist", *_finger_joints("MCP PIP DIP tip", "index", "middle", "ring", "little", "thumb")),
    centre=5,
    cube_m=0.2,
)
"""X. Sun et al., "Cascaded hand pose regression", CVPR 2015."""

BENCHMARKS = {benchmark.name: benchmark for benchmark in (NYU, ICVL, MSRA)}
"""The benchmarks by name."""
