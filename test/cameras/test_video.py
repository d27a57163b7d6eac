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

import struct

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.images.options import ImageOptions

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


def noise(path, codec, frames=60):
    """Write a video of noise, whose frames are alike in size, 20 a second."""
    random = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 20.0, (128, 96))
    for _ in range(frames):
        writer.write(random.integers(0, 256, (96, 128, 3), np.uint8))
    writer.release()
    return path.read_bytes()


def read_all(path):
    with open_source(str(path)) as source:
        frames = 0
        while source.read() is not None:
            frames += 1
        return frames, source.problem


def cut(data):
    return data[: len(data) * 6 // 10]


def holed(data):
    begin, end = len(data) * 5 // 10, len(data) * 8 // 10
    return data[:begin] + bytes(end - begin) + data[end:]


@pytest.mark.parametrize(
    ("name", "codec", "damage"),
    [("a.mkv", "MJPG", cut), ("a.avi", "MJPG", cut), ("a.mkv", "MJPG", holed), ("a.mp4", "mp4v", holed)],
)
def test_a_video_that_gives_fewer_frames_than_it_tells_of_says_so_at_its_end(tmp_path, name, codec, damage):
    data = noise(tmp_path / name, codec)
    assert read_all(tmp_path / name) == (60, "")
    (tmp_path / name).write_bytes(damage(data))
    frames, problem = read_all(tmp_path / name)
    assert 0 < frames < 50
    assert problem == (
        f"The video {tmp_path / name} gave {frames} of the 60 frames that it tells of: it may be cut off or "
        "damaged; copy or record it again."
    )


def test_a_looping_video_is_counted_anew_each_time(video):
    with open_source(str(video), SourceOptions(loop=True)) as source:
        for _ in range(20):
            source.read()
        assert source.problem == ""


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


@pytest.mark.parametrize("looks_like", [".mp4", ".dat"])
def test_a_picture_by_another_name_is_refused_by_its_header_before_ffmpeg_decodes_it(tmp_path, looks_like):
    header = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + bytes(4)
    end = struct.pack(">I", 0) + b"IEND" + bytes(4)
    path = tmp_path / f"video{looks_like}"
    path.write_bytes(start + end)
    with pytest.raises(SourceError, match=r"a PNG, is 30000x30000 pixels: more than max_image_megapixels"):
        open_source(str(path))


def test_a_video_above_the_limit_is_refused_before_its_first_frame(tmp_path):
    path = tmp_path / "large.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (400, 400))
    writer.write(np.zeros((400, 400, 3), np.uint8))
    writer.release()
    with open_source(str(path)) as source:
        assert source.width == 400
    with pytest.raises(SourceError, match=r"^The video .* is 400x400 pixels: more than max_image_megapixels"):
        open_source(str(path), images=ImageOptions(max_image_megapixels=0.1))


@pytest.mark.parametrize(
    ("brand", "kind"),
    [
        (b"heic", "HEIC"),
        (b"mif1", "HEIC"),
        (b"avif", "AVIF"),
        (b"avis", "AVIF"),
        (b"xyz1", "HEIC"),
    ],
)
@pytest.mark.parametrize("name", ["phone.heic", "phone.mp4", "phone.jpg"])
def test_a_picture_in_the_container_of_videos_is_refused_by_its_brand(tmp_path, brand, kind, name):
    path = tmp_path / name
    path.write_bytes(b"\0\0\0\x18ftyp" + brand + bytes(4) + b"mif1heic" + bytes(100))
    with pytest.raises(SourceError, match=f"phone.* is {kind}, which is not read: (convert it to|give) JPEG"):
        open_source(str(path))
