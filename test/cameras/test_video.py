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

"""Video files."""

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.errors import SourceError

GREYS = (20, 90, 160, 230)


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "greys.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 12.5, (64, 48))
    for grey in GREYS:
        writer.write(np.full((48, 64, 3), grey, np.uint8))
    writer.release()
    return path


def test_gives_every_frame_in_order_at_the_files_rate_and_then_ends(video):
    with open_source(str(video), SourceOptions(rate_hz=30.0)) as source:
        assert (source.width, source.height, source.rate_hz, source.live) == (64, 48, 12.5, False)
        frames = [source.read() for _ in GREYS]
        assert [frame.index for frame in frames] == [0, 1, 2, 3]
        assert [round(float(frame.image.mean())) for frame in frames] == pytest.approx(GREYS, abs=3)
        assert source.read() is None


def test_begins_again_where_it_loops(video):
    with open_source(str(video), SourceOptions(loop=True)) as source:
        means = [float(source.read().image.mean()) for _ in range(6)]
    assert means == pytest.approx([*GREYS, *GREYS[:2]], abs=3)


def test_says_that_a_looping_file_has_vanished(video):
    with open_source(str(video), SourceOptions(loop=True)) as source:
        for _ in GREYS:
            source.read()
        video.unlink()
        with pytest.raises(SourceError, match=r"cannot be opened again: check that it is still there\."):
            source.read()


@pytest.mark.parametrize("content", [b"", b"not a video at all" * 100])
def test_says_that_a_file_is_no_video(tmp_path, content):
    path = tmp_path / "broken.mp4"
    path.write_bytes(content)
    with pytest.raises(
        SourceError, match=rf"The file {path} is not a video that OpenCV can decode: check it, or convert"
    ):
        open_source(str(path))
