"""The parameters of camera_node."""

from __future__ import annotations

from hand_tracking_dsp.nodes.base.parameters import Parameter
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, qos

CAMERA: tuple[Parameter, ...] = (
    AUTOSTART,
    Parameter(
        "source",
        "synthetic",
        "Where images come from: synthetic, a device (0 or /dev/video0), a video file, a folder of "
        "images, or a stream (rtsp://, http://, or gst: and a GStreamer pipeline).",
    ),
    Parameter("width", 640, "Image width asked of the source.", "px", 16, 8192),
    Parameter("height", 480, "Image height asked of the source.", "px", 16, 8192),
    Parameter(
        "rate_hz",
        30.0,
        "Images a second asked of a device, a folder or the synthetic hand; video files and streams "
        "have their own.",
        "Hz",
        0.1,
        500.0,
    ),
    Parameter("loop", True, "Begin a file or folder again at its end."),
    Parameter("seed", 0, "Seed of the synthetic hand's motion and background.", low=0, high=2**31 - 1),
    Parameter("hands", 1, "Hands in the synthetic picture.", "hands", 1, 2),
    Parameter("frame_id", "camera_optical_frame", "Optical frame (REP 103) that the headers name."),
    Parameter("compressed", False, "Publish image_raw/compressed as well."),
    Parameter("jpeg_quality", 90, "Quality of the compressed image.", "percent", 1, 100, dynamic=True),
    Parameter("camera_info", True, "Publish camera_info."),
    Parameter("fx_px", 0.0, "Focal length along x; 0: from the source or the field of view.", "px", 0, 1e5),
    Parameter("fy_px", 0.0, "Focal length along y; 0: fx_px.", "px", 0, 1e5),
    Parameter("cx_px", 0.0, "Principal point, x; 0: the image's centre.", "px", 0, 1e5),
    Parameter("cy_px", 0.0, "Principal point, y; 0: the image's centre.", "px", 0, 1e5),
    Parameter(
        "horizontal_fov_deg",
        0.0,
        "Horizontal field of view, where neither fx_px nor the source tells; 0: not known, "
        "camera_info then says uncalibrated.",
        "deg",
        0,
        170,
    ),
    Parameter("read_timeout_s", 2.0, "Silence of a source after which it is opened again.", "s", 0.1, 60),
    Parameter("retry_s", 0.5, "Pause before a lost source is first opened again.", "s", 0.05, 60),
    Parameter("retry_max_s", 10.0, "Longest pause; each is twice the one before.", "s", 0.05, 600),
    *qos("image", "image_raw, image_raw/compressed and camera_info", "best_effort", depth=1),
    *qos("truth", "truth"),
)
