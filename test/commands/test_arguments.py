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

"""Options that several sub-commands have."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.commands.arguments import (
    add_image_options,
    add_images,
    add_option,
    options_from,
    read_image_limit,
    require_at_least,
    require_threads,
)
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.nodes.tables.camera import CAMERA
from hand_tracking_dsp.options import declaration
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    """Declare options of three dataclasses."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_option(parser, "--rate", declaration(SourceOptions, "rate_hz"))
    add_option(parser, "--width", declaration(SourceOptions, "width"), default=None)
    add_option(parser, "--precision", declaration(RuntimeOptions, "precision"))
    add_option(parser, "--tolerance", declaration(RuntimeOptions, "precision_tolerance"))
    add_option(parser, "--no-smoothing", declaration(TrackerOptions, "smoothing"), help="as they are")
    add_option(parser, "--mirrored", declaration(TrackerOptions, "mirrored"))
    return parser


def test_an_option_has_the_help_and_default_of_its_declaration(parser: argparse.ArgumentParser) -> None:
    text = " ".join(parser.format_help().split())
    assert "--rate HZ images a second asked of a device" in text
    assert "have their own (0.1 to 500 Hz; default: 30)" in text
    assert "--width PX image width asked of the source (16 to 8192 px; default: 640)" in text
    assert "of a palm detector: % of recall; default: 1.5)" in text
    assert "--no-smoothing as they are" in text


def test_a_dataclass_is_made_of_what_was_given(parser: argparse.ArgumentParser) -> None:
    parsed = parser.parse_args(["--rate", "15", "--precision", "int8", "--no-smoothing", "--mirrored"])
    assert options_from(parsed, SourceOptions) == SourceOptions(rate_hz=15.0)
    assert options_from(parsed, RuntimeOptions) == RuntimeOptions(precision="int8")
    assert options_from(parsed, TrackerOptions) == TrackerOptions(smoothing=False, mirrored=True)
    assert options_from(parser.parse_args([]), TrackerOptions) == TrackerOptions()


@pytest.mark.parametrize("value", [0.0, 500.5])
def test_a_value_out_of_range_is_refused_alike_by_command_line_dataclass_and_node(
    parser: argparse.ArgumentParser, value: float
) -> None:
    (parameter,) = (one for one in CAMERA if one.name == "rate_hz")
    refusals = {
        "--rate": lambda: parser.parse_args(["--rate", str(value)]),
        "SourceOptions.rate_hz": lambda: SourceOptions(rate_hz=value),
        "Parameter rate_hz": lambda: parameter.accept(value),
    }
    for name, refuse in refusals.items():
        with pytest.raises(ConfigurationError) as refusal:
            refuse()
        assert str(refusal.value) == f"{name} is {value}, but must be in the range 0.1 to 500 Hz."


def test_a_value_of_another_type_is_argparses_to_refuse(parser: argparse.ArgumentParser) -> None:
    with pytest.raises(argparse.ArgumentError, match="argument --rate: invalid float value: 'fast'"):
        parser.parse_args(["--rate", "fast"])


def test_a_number_below_its_least_is_refused_under_the_name_that_the_user_typed() -> None:
    options = argparse.Namespace(make_samples=0)
    with pytest.raises(ConfigurationError, match=r"^--make-samples is 0: it must be at least 1\.$"):
        require_at_least(options, make_samples=1)


@pytest.mark.parametrize("given", [1, 2, None])
def test_numbers_that_are_large_enough_or_not_given_pass(given: int | None) -> None:
    require_at_least(argparse.Namespace(levels=given), levels=1)


def test_threads_may_be_left_to_the_backend_but_not_be_negative() -> None:
    require_threads(argparse.Namespace(threads=[0, 4]))
    with pytest.raises(ConfigurationError, match=r"--threads is -1: it must be at least 0"):
        require_threads(argparse.Namespace(threads=[1, -1]))


def test_pictures_have_a_limit_and_those_passed_over_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "phone.heic").touch()
    parser = argparse.ArgumentParser()
    add_images(parser)
    given = parser.parse_args(["--images", str(tmp_path), "--max-image-megapixels", "12"])
    assert read_image_limit(given, *given.images) == ImageOptions(max_image_megapixels=12.0)
    printed = capsys.readouterr().err
    assert printed.startswith(f"hand-tracking-dsp: Pictures in {tmp_path} are passed over for their kind (1")
    assert printed.endswith(": convert them to JPEG or PNG.\n")


def test_all_conversions_of_images_are_options() -> None:
    parser = argparse.ArgumentParser()
    add_image_options(parser)
    given = parser.parse_args(["--range-images", "grey", "--value-bits", "12", "--depth-far-m", "3"])
    expected = ImageOptions(range_images="grey", value_bits=12, depth_far_m=3.0)
    assert options_from(given, ImageOptions) == expected
