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

"""CHANGELOG.rst for bloom: current, and of the form that catkin_pkg parses."""

from __future__ import annotations

import pytest

from make_changelog_rst import ROOT, RST, as_rst

SAMPLE = """\
# Changelog

## 0.2.0 - unreleased

### Added
- A `thing`, described
  on two lines, with a [link](docs/x.md).

### Fixed
- Another * thing.

## 0.1.0 - 2026-01-31

### Added
- The first.
"""


def test_the_file_is_current():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert RST.read_text(encoding="utf-8") == as_rst(text), "make changelog writes it"


def test_items_keep_their_words_and_their_release():
    changelog = pytest.importorskip("catkin_pkg.changelog", reason="catkin_pkg is not installed")
    parsed = changelog.Changelog("hand_tracking_dsp")
    changelog.populate_changelog_from_rst(parsed, as_rst(SAMPLE))
    releases = {
        version: (date.date().isoformat(), content) for version, date, content in parsed.foreach_version()
    }
    assert releases.keys() == {"0.1.0"}
    assert releases["0.1.0"][0] == "2026-01-31"
    assert "The first." in parsed.rst
    assert "* A ``thing``, described on two lines, with a link.\n* Fixed: Another \\* thing." in parsed.rst


def test_a_heading_of_another_form_is_named():
    with pytest.raises(ValueError, match=r"The heading '## Soon' of CHANGELOG.md is not of the form"):
        as_rst("## Soon\n")
