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

"""hand-tracking-dsp models import: rewrite MediaPipe's networks as ONNX."""

from __future__ import annotations

import argparse
from pathlib import Path

from hand_tracking_dsp.commands.arguments import add_wheel
from hand_tracking_dsp.commands.models.list import print_bank
from hand_tracking_dsp.commands.output import require_writable
from hand_tracking_dsp.compression.mediapipe.bank import make_bank, read_originals
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_wheel(parser)
    parser.add_argument("--out", type=Path, default=Path("models/mediapipe"), help="folder of the new bank")


def run(options: argparse.Namespace) -> int:
    """Make the bank and print it."""
    require_writable(options.out, MANIFEST_NAME)
    print_bank(make_bank(read_originals(options.wheel), options.out))
    return 0
