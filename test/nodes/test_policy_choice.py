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

"""Which policy is taken, and what happens where the learned one does not fit."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.nodes.policy_choice import choose_policy, describe
from hand_tracking_dsp.resources import DEFAULT_POLICY
from hand_tracking_dsp.tracking.manifest import read_manifest

OPTIONS = {"fixed": {"level": 1}, "threshold": {"upper": 0.8}, "index": {"advantage": 0.02}}


@pytest.fixture
def manifest(bank):
    return read_manifest(bank)


@pytest.fixture
def choose(manifest):
    """Give a chooser; its second result are the warnings."""

    def choose_with(name, file=""):
        warnings = []
        return choose_policy(name, str(file), manifest, OPTIONS.__getitem__, warnings.append), warnings

    return choose_with


@pytest.mark.parametrize("name", ["fixed", "threshold", "index"])
def test_a_policy_by_name_gets_its_options_and_no_file_is_read(choose, name):
    policy, warnings = choose(name, "/nowhere/policy.json")
    assert policy.name == name
    assert warnings == []
    if name == "fixed":
        assert policy.level == 1


@pytest.mark.parametrize("name", ["auto", "learned"])
def test_a_learned_policy_that_fits_is_taken(choose, policy_file, manifest, name):
    policy, warnings = choose(name, policy_file(manifest))
    assert policy.name == "learned"
    assert warnings == []


def test_people_are_told_how_a_learned_policy_was_trained(choose, policy_file, manifest):
    assert (
        describe(choose("learned", policy_file(manifest, training={"algorithm": "dqn"}))[0])
        == "'learned' (dqn)"
    )
    assert describe(choose("learned", policy_file(manifest))[0]) == "'learned'"
    assert describe(choose("index")[0]) == "'index'"


@pytest.mark.parametrize("name", ["auto", "learned"])
def test_without_a_file_the_packages_own_is_taken(choose, policy_file, manifest, name, monkeypatch, tmp_path):
    file = policy_file(manifest)
    own = tmp_path / "share" / DEFAULT_POLICY
    own.parent.mkdir(parents=True)
    file.rename(own)
    file.with_suffix(".onnx").rename(own.with_suffix(".onnx"))
    monkeypatch.setenv("HAND_TRACKING_DSP_SHARE", str(tmp_path / "share"))
    policy, warnings = choose(name)
    assert policy.name == "learned"
    assert warnings == []


def test_a_file_in_the_home_folder_may_be_named_by_a_tilde(
    choose, policy_file, manifest, monkeypatch, tmp_path
):
    policy_file(manifest)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert choose("learned", "~/policy/policy.json")[0].name == "learned"


def test_auto_takes_index_where_the_learned_policy_is_missing_and_says_why(choose):
    policy, (warning,) = choose("auto", "/nowhere/policy.json")
    assert policy.name == "index"
    assert warning.startswith("The policy /nowhere/policy.json cannot be read")
    assert warning.endswith(" Until then the index policy decides.")


def test_auto_takes_index_where_the_package_has_no_policy(choose, monkeypatch, tmp_path):
    monkeypatch.setenv("HAND_TRACKING_DSP_SHARE", str(tmp_path))
    policy, (warning,) = choose("auto")
    assert policy.name == "index"
    assert f"file {DEFAULT_POLICY} was not found" in warning


def test_learned_insists(choose, monkeypatch, tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        choose("learned", "/nowhere/policy.json")
    monkeypatch.setenv("HAND_TRACKING_DSP_SHARE", str(tmp_path))
    with pytest.raises(ConfigurationError, match="was not found"):
        choose("learned")
