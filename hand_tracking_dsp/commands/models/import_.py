"""hand-tracking-dsp models import: rewrite MediaPipe's networks as ONNX."""

from __future__ import annotations

import argparse
from pathlib import Path

from hand_tracking_dsp.commands.arguments import add_wheel
from hand_tracking_dsp.commands.models.list import print_bank
from hand_tracking_dsp.compression.mediapipe.bank import make_bank, read_originals


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_wheel(parser)
    parser.add_argument("--out", type=Path, default=Path("models/mediapipe"), help="folder of the new bank")


def run(options: argparse.Namespace) -> int:
    """Make the bank and print it."""
    print_bank(make_bank(read_originals(options.wheel), options.out))
    return 0
