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

"""The parameters of camera_node."""

from __future__ import annotations

from hand_tracking_dsp.cameras.backoff import BackoffOptions
from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.nodes.tables.common import ALLOW_LOCKED_CHANGES, AUTOSTART, SCHEDULING, qos
from hand_tracking_dsp.options import Parameter, parameters_of

JPEG_QUALITY = Parameter(
    "jpeg_quality", 90, "Quality of the compressed image.", "percent", 1, 100, dynamic=True
)

CAMERA: tuple[Parameter, ...] = (
    AUTOSTART,
    ALLOW_LOCKED_CHANGES,
    *SCHEDULING,
    Parameter(
        "source",
        "synthetic",
        "Where images come from: synthetic, mesh (rendered hands), a device (0 or /dev/video0), a video "
        "file, a folder of images, or a stream (rtsp://, http://, or gst: and a GStreamer pipeline, with "
        "allow_gstreamer).",
        locked=True,
    ),
    # A robot's camera goes on, also where a file stands in for it. A pipeline can write files and send them
    # away: that is for whoever starts the node to allow, not for whoever is on the network.
    *parameters_of(SourceOptions, defaults={"loop": True, "allow_gstreamer": False}),
    *parameters_of(ImageOptions, only=("max_image_megapixels",)),
    Parameter("frame_id", "camera_optical_frame", "Optical frame (REP 103) that the headers name."),
    Parameter("compressed", False, "Publish image_raw/compressed as well."),
    JPEG_QUALITY,
    Parameter("camera_info", True, "Publish camera_info."),
    Parameter(
        "depth",
        False,
        "Publish depth/image_raw and depth/camera_info, aligned to the image, of sources that have depth.",
    ),
    Parameter("fx_px", 0.0, "Focal length along x; 0: from the source or the field of view.", "px", 0, 1e5),
    Parameter("fy_px", 0.0, "Focal length along y; 0: fx_px.", "px", 0, 1e5),
    Parameter("cx_px", 0.0, "Principal point, x; 0: the image's centre.", "px", 0, 1e5),
    Parameter("cy_px", 0.0, "Principal point, y; 0: the image's centre.", "px", 0, 1e5),
    Parameter(
        "horizontal_fov_deg",
        0.0,
        "Horizontal field of view, where neither fx_px nor the source gives it; 0: not known, "
        "camera_info then says uncalibrated.",
        "deg",
        0,
        170,
    ),
    Parameter("read_timeout_s", 2.0, "Silence of a source after which it is opened again.", "s", 0.1, 60),
    *parameters_of(BackoffOptions),
    # Reliable as in REP 2003: rviz and image_view take nothing else by default. Others may ask for less.
    *qos("image", "image_raw, image_raw/compressed and camera_info", depth=1),
    *qos("depth", "depth/image_raw and depth/camera_info", depth=1),
    *qos("truth", "truth and truth_3d"),
)
