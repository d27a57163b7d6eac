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

"""Live streams, from a small HTTP server of this test."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.cameras.live import LiveSource, StreamSource
from hand_tracking_dsp.errors import SourceError


class CameraServer:
    """Serves Motion-JPEG until told to stop; silent where it should never answer."""

    def __init__(self, *, silent=False):
        self.stopping = threading.Event()
        self.silent = silent
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if owner.silent:
                    owner.stopping.wait(30)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                number = 0
                try:
                    while not owner.stopping.wait(0.02):
                        image = np.full((48, 64, 3), 20 + number % 200, np.uint8)
                        data = cv2.imencode(".jpg", image)[1].tobytes()
                        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                        self.wfile.write(head.encode() + data + b"\r\n")
                        number += 1
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.address = f"http://user:secret@127.0.0.1:{self.server.server_port}/video.mjpg"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def test_gives_the_newest_frame_and_says_so_when_the_stream_vanishes():
    with CameraServer() as server, open_source(server.address) as source:
        assert source.live
        assert (source.width, source.height) == (64, 48)
        first = source.read(5.0)
        time.sleep(0.3)
        later = source.read(5.0)
        assert later.index > first.index + 1, "frames that nobody read are left out"
        server.stopping.set()
        until_the_end = iter(lambda: source.read(5.0), None)
        with pytest.raises(
            SourceError, match=r"The stream http://….*: check it; it can be opened again when"
        ):
            list(until_the_end)
        with pytest.raises(SourceError, match="has ended or vanished"):
            source.read(5.0)


def test_shows_no_password():
    with CameraServer() as server, open_source(server.address) as source:
        assert source.name.startswith("stream http://…@127.0.0.1")
        assert "secret" not in source.name


def test_a_server_that_never_answers_hangs_neither_opening_nor_closing():
    with (
        CameraServer(silent=True) as server,
        pytest.raises(SourceError, match=r"does not open.*: check the address and the network\."),
    ):
        StreamSource(server.address, open_timeout_s=0.5)


def test_an_address_that_nobody_serves_is_named():
    with pytest.raises(
        SourceError, match=r"The stream http://127\.0\.0\.1:9/video does not open: check the address"
    ):
        open_source("http://127.0.0.1:9/video")


@pytest.mark.skipif(cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER), reason="this OpenCV has GStreamer")
def test_says_that_this_opencv_has_no_gstreamer():
    with pytest.raises(
        SourceError, match=r"'gst:videotestsrc ! appsink' needs GStreamer, which this OpenCV .* lacks"
    ):
        open_source("gst:videotestsrc ! appsink")


class MjpegCapture:
    """Stands in for a camera over USB, whose JPEGs OpenCV decodes: every second has a hole."""

    def __init__(self):
        whole = cv2.imencode(".jpg", np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8))[1]
        middle = len(whole) // 2
        self.jpegs = (whole, np.concatenate((whole[: middle - 500], whole[middle:])), whole[:100])
        self.grabbed = 0
        self.more = threading.Event()

    def isOpened(self):  # noqa: N802 (OpenCV's name)
        return True

    def get(self, what):
        return {cv2.CAP_PROP_FPS: 30.0}.get(what, 0.0)

    def grab(self):
        self.grabbed += 1
        return self.grabbed <= 4 and (self.grabbed == 1 or self.more.wait(60))

    def retrieve(self):
        image = cv2.imdecode(self.jpegs[(self.grabbed - 1) % 3], cv2.IMREAD_COLOR)
        return image is not None, image

    def release(self):
        pass


def test_damaged_frames_of_a_camera_are_left_out_and_named(capfd):
    capture = MjpegCapture()
    with LiveSource("camera /dev/video9", 30.0, lambda: capture, "check it", 60.0) as source:
        assert source.read(60.0).index == 0
        capture.more.set()
        assert source.read(60.0).index == 1
        assert source.frames_skipped == 2
        sentence = "A frame of the camera /dev/video9 is damaged (it cannot be decoded): check its cable"
        assert source.problem.startswith(sentence)
    assert "Corrupt JPEG" not in capfd.readouterr().err
