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

"""Opening a source by a word of the user."""

import re

import pytest

from hand_tracking_dsp.cameras.camera import FrameSource, SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.errors import ConfigurationError, SourceError


def test_names_what_can_be_given_where_there_is_no_such_source(tmp_path):
    missing = str(tmp_path / "missing.mp4")
    with pytest.raises(
        SourceError, match=re.escape(f"There is no camera, file or folder '{missing}': give 'synthetic'")
    ):
        open_source(missing)


@pytest.mark.parametrize("spec", ["x" * 300, "a\0b", "~nobody_of_this_name/a.mp4", "half\ud800"])
def test_a_name_that_no_file_can_have_is_no_source(spec):
    with pytest.raises(SourceError, match="There is no camera, file or folder"):
        open_source(spec)


@pytest.mark.parametrize("spec", ["93", "/dev/video93", "/dev/v4l/by-id/no-such-camera"])
def test_a_camera_that_is_not_connected_is_named(spec):
    path = "/dev/video93" if spec.isdecimal() else spec
    with pytest.raises(SourceError, match=f"There is no camera {path}: connect one, or name another"):
        open_source(spec)


@pytest.mark.parametrize("spec", ["gst:videotestsrc ! appsink", " GST: videotestsrc ! filesink location=x"])
def test_a_pipeline_is_not_opened_where_none_is_allowed(spec):
    with pytest.raises(SourceError, match=r"is a GStreamer pipeline, which can do more than read a camera"):
        open_source(spec, SourceOptions(allow_gstreamer=False))


def test_the_synthetic_hand_is_a_source():
    with open_source(" synthetic ", SourceOptions(width=160, height=120)) as source:
        assert isinstance(source, FrameSource)
        assert not source.live
        frame = source.read()
        assert frame is not None
        assert frame.image.shape == (120, 160, 3)


@pytest.mark.parametrize(
    ("name", "value", "limits"),
    [
        ("width", 0, "in the range 16 to 8192 px"),
        ("rate_hz", float("nan"), "in the range 0.1 to 500 Hz"),
        ("hands", 3, "in the range 1 to 2 hands"),
        ("noise", -1.0, "in the range 0 to 64 grey levels"),
        ("absence_every_s", 1.0, "at least absence_s, which is 1.5"),
    ],
)
def test_refuses_an_impossible_option(name, value, limits):
    with pytest.raises(ConfigurationError, match=f"SourceOptions.{name} is {value}, but must be {limits}"):
        SourceOptions(**{name: value})
