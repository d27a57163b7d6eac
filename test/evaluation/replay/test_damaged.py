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

"""Damaged bags through the whole replay: figures of what is left, or a sentence."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.measures.catalogue import measured
from hand_tracking_dsp.evaluation.replay.points import Setting
from hand_tracking_dsp.evaluation.replay.run import RecordingSpec, Unit, run_unit
from hand_tracking_dsp.recordings.bags.record_camera import record_source
from hand_tracking_dsp.recordings.bags.writer import FORMATS, BagWriter

SECONDS = 0.3


@pytest.fixture(scope="module")
def whole(tmp_path_factory, source_options):
    """Give a small bag of each format, its images as JPEG so that most bytes mean something."""
    bags = {}
    for form in FORMATS:
        bags[form] = tmp_path_factory.mktemp(form) / "bag"
        with SyntheticHandSource(source_options) as source, BagWriter(bags[form], form) as writer:
            record_source(source, writer, SECONDS, jpeg_quality=50)
    return bags


@settings(
    max_examples=min(40, settings.default.max_examples),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(form=st.sampled_from(FORMATS), realtime=st.booleans(), data=st.data())
def test_a_damaged_bag_gives_figures_or_a_sentence_and_stays_as_it_is(
    whole, tmp_path_factory, data_file, fingerprint, replay_options, form, realtime, data
):
    bag = tmp_path_factory.mktemp("damaged") / "bag"
    shutil.copytree(whole[form], bag)
    file = data_file(bag)
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(0, 12))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    file.write_bytes(content)
    if data.draw(st.booleans()):
        (bag / "metadata.yaml").unlink()
    before = fingerprint(bag)
    unit = Unit(
        RecordingSpec("bag", bag), Setting("level 4", level=4), replace(replay_options, realtime=realtime)
    )
    with suppress(SourceError):
        result = run_unit(unit)
        assert len(result.frames) > 0
        assert measured(result.frames).keys()
    assert fingerprint(bag) == before
