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

"""Pages of all reports: complete in one file, and safe from what they show."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from hand_tracking_dsp.evaluation.report.html import data_uri, write_page


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "one.html"
    path.write_text(
        '{% extends "base.html" %}{% from "parts.html" import table %}'
        "{% block results %}{{ table(headings, rows) }}{% endblock %}"
    )
    return path


def test_a_template_fills_the_blocks_of_the_shared_page(tmp_path: Path, template: Path) -> None:
    values = {
        "title": "A <b>",
        "intro": ["first"],
        "not_measured": [],
        "how": [("Command", "evaluate & more")],
    }
    rows = [("<script>", 1), ("second", 2)]
    write_page(template, tmp_path / "out" / "page.html", headings=["a", "b"], rows=rows, **values)
    text = (tmp_path / "out" / "page.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "<h1>A &lt;b&gt;</h1>" in text
    assert "<td>&lt;script&gt;</td><td class=n>1</td>" in text
    assert "<dt>Command</dt><dd>evaluate &amp; more</dd>" in text
    assert "Nothing is missing." in text
    assert not any(word in text for word in ("http:", "https:", "url(", "@import", "<script"))


def test_a_value_that_is_missing_is_an_error_not_a_gap(tmp_path: Path, template: Path) -> None:
    with pytest.raises(UndefinedError):
        write_page(template, tmp_path / "page.html", title="A")
    assert not (tmp_path / "page.html").exists()


def test_a_picture_becomes_part_of_the_page() -> None:
    assert data_uri(b"abc", ".jpg") == "data:image/jpeg;base64,YWJj"
    assert data_uri(b"abc").startswith("data:image/png;base64,")
