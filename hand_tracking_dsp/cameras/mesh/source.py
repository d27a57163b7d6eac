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

"""The camera that shows rendered hands of many people, moving as the synthetic hand does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import HandTruth, SourceOptions
from hand_tracking_dsp.cameras.mesh.catalogue import rigs
from hand_tracking_dsp.cameras.mesh.render import render_mesh
from hand_tracking_dsp.cameras.mesh.rig import pose_mesh
from hand_tracking_dsp.cameras.mesh.scene import Arm, place_hand
from hand_tracking_dsp.cameras.synthetic.motion import HandPlace
from hand_tracking_dsp.cameras.synthetic.render import hand_truth
from hand_tracking_dsp.cameras.synthetic.scene import SyntheticHandSource, SyntheticScene
from hand_tracking_dsp.cameras.synthetic.shading import Look

_ARM = Arm(sleeve=0.15)


class MeshScene(SyntheticScene):
    """The synthetic scene with skinned meshes for hands; each absence brings another person."""

    def _render(
        self,
        place: HandPlace,
        look: Look,
        number: int,
        image: NDArray[np.uint8],
        depth_mm: NDArray[np.uint16],
    ) -> HandTruth:
        people = rigs()
        rig = people[int(np.random.default_rng((self.options.seed, 8, number)).integers(len(people)))]
        posed = pose_mesh(rig, place.angles_deg, place.handedness)
        hand = place_hand(posed, place.turn, place.middle_m, place.size, _ARM)
        metres = depth_mm.astype(np.float32) / np.float32(1000.0)
        render_mesh(hand, look, self.intrinsics, image, metres)
        depth_mm[...] = np.rint(metres * np.float32(1000.0)).astype(np.uint16)
        return hand_truth(place.handedness, hand.joints_m, self.intrinsics)


class MeshHandSource(SyntheticHandSource):
    """Gives the frames of a MeshScene in order, without end; the caller sets the pace."""

    def __init__(self, options: SourceOptions) -> None:
        super().__init__(options, MeshScene(options), "rendered hand")
