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

"""Picture of training samples, to be looked at by people."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from hand_tracking_dsp.compression.distillation.batch_maker import LabelledBatch
from hand_tracking_dsp.compression.distillation.clean_crops import WEIGHT
from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.hand import BONES, JOINT_COUNT

_COLUMNS, _ROWS, _SIDE = 8, 6, 160
_LINE, _BORDER = (80, 220, 80), (40, 40, 220)


def write_sheet(path: Path, batch: LabelledBatch) -> None:
    """Draw the first 48 samples of a batch with their joints and how much these count.

    Samples without a hand have a red border.

    Raises:
        OutputError: The file cannot be written, or its name does not end as that of a picture.
    """
    images, labels = (batch[0][: _COLUMNS * _ROWS], batch[1])
    tiles = []
    for number, image in enumerate(images):
        pixels = (image.permute(1, 2, 0).flip(2) * 255).byte().cpu().numpy()
        tile = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        if labels["presence"][number] > 0.5:
            joints = labels["landmarks"][number].view(JOINT_COUNT, 3)[:, :2].cpu().numpy()
            places = np.round(joints * (16 * _SIDE / pixels.shape[0])).astype(int)
            for a, b in BONES:
                cv2.line(tile, places[a].tolist(), places[b].tolist(), _LINE, 1, cv2.LINE_AA, 4)
            text = f"{float(labels[WEIGHT][number]):.2f}"
            cv2.putText(tile, text, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, _LINE, 1, cv2.LINE_AA)
        else:
            cv2.rectangle(tile, (1, 1), (_SIDE - 2, _SIDE - 2), _BORDER, 2)
        tiles.append(tile)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[start : start + _COLUMNS]) for start in range(0, len(tiles), _COLUMNS)]
    try:
        _, data = cv2.imencode(path.suffix, np.vstack(rows))
    except cv2.error as error:
        msg = f"No picture can be written into {path}: choose a name that ends in .png or .jpg."
        raise OutputError(msg) from error
    write_bytes(path, data.tobytes())
