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

"""The report's page: complete, in one file, and honest about what is missing."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.evaluation.measures.catalogue import METRICS
from hand_tracking_dsp.evaluation.measures.frames import Frames, joined
from hand_tracking_dsp.evaluation.report.page import write_page


class Page(HTMLParser):
    """What a reader sees of a page, and what a browser would load for it."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.cells: list[list[str]] = []
        self.images: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.best = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        values = dict(attrs)
        assert not {"href", "srcset", "onload"} & values.keys()
        if tag == "img":
            self.images.append(values["src"] or "")
            assert values["alt"]
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")
            self.best += "best" in (values.get("class") or "").split()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)
        if {"td", "th"} & set(self.open):
            self.cells[-1][-1] += data

    def row(self, name: str) -> list[str]:
        """Return the first row of a table that begins with a word."""
        return next([cell.strip() for cell in row] for row in self.cells if row[0].strip() == name)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture
def write(tmp_path: Path, made_report: Callable[..., dict[str, Any]]) -> Callable[..., Page]:
    def write(frames: Frames, **changes: Any) -> Page:
        write_page(made_report(frames, **changes), frames, tmp_path)
        page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
        assert not page.open, "every tag is closed"
        return page

    return write


@pytest.fixture
def three_runs(made_run: Callable[..., Frames]) -> Frames:
    return joined(
        [
            made_run(
                f"level {level}", bag, level=level, sparsity=0.3 * level, error_px=level, latency_ms=-level
            )
            for level in (0, 1, 2)
            for bag in ("first", "second")
        ]
    )


def test_every_run_and_every_measure_with_a_value_is_in_the_table(
    write: Callable[..., Page], three_runs: Frames, made_report: Callable[..., dict[str, Any]]
) -> None:
    page = write(three_runs)
    assert page.row("measure") == ["measure", "unit", "level 0", "level 1", "level 2"]
    metrics = made_report(three_runs)["runs"]["level 0"]["metrics"]
    labels = {metric.name: metric.label for metric in METRICS}
    assert sum(value is not None for value in metrics.values()) > 20
    for name, value in metrics.items():
        assert (labels.get(name, name) in page.words) == (value is not None), name


def test_the_page_needs_nothing_from_outside(
    write: Callable[..., Page], three_runs: Frames, tmp_path: Path
) -> None:
    page = write(three_runs)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not any(word in text for word in ("http:", "https:", "url(", "@import"))
    assert not {"script", "link", "iframe", "object"} & page.tags
    assert len(page.images) >= 5
    assert all(source.startswith("data:image/png;base64,") for source in page.images)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_the_best_value_is_marked_where_one_direction_is_better(
    write: Callable[..., Page], three_runs: Frames
) -> None:
    page = write(three_runs)
    assert [cell.endswith("*") for cell in page.row("mde_px")[2:]] == [True, False, False]
    assert [cell.endswith("*") for cell in page.row("latency_p50_ms")[2:]] == [False, False, True]
    assert not any(cell.endswith("*") for cell in page.row("sparsity")), "neither direction is better"
    assert not any(cell.endswith("*") for cell in page.row("frames_dropped")), "all are equal"


def test_a_single_run_is_not_called_the_best(
    write: Callable[..., Page], made_run: Callable[..., Frames]
) -> None:
    page = write(made_run())
    assert page.best == 0
    assert "best of the runs" not in page.words
    assert "Error against latency" not in page.words, "a trade-off needs two runs"


def test_estimates_and_agreement_are_called_so(
    write: Callable[..., Page], made_run: Callable[..., Frames]
) -> None:
    unknown = {"error_palm_percent": np.nan, "true_hands": np.nan, "pck_005": np.nan, "pck_010": np.nan}
    frames = joined([made_run(run, drift=1.5, **unknown) for run in ("level 0", "level 1")])
    page = write(frames)
    assert page.row("energy_mj (estimated)")[2] == "6.5"
    assert page.row("drift_palm_percent (agreement, not accuracy)")[2] == "1.5"


def test_nothing_is_shown_of_what_has_no_values(
    write: Callable[..., Page], made_run: Callable[..., Frames]
) -> None:
    names = ["error_px", "error_palm_percent", "pck_005", "pck_010", "pck_020", "true_hands", "found"]
    names += ["true_boxes", "boxes_hit", "jitter_px", "jitter_palm_percent", "latency_ms", "total_ms"]
    page = write(made_run(**dict.fromkeys(names, np.nan)))
    assert page.images == []
    assert not any(word in page.words for word in ("mde_px", "PCK", "Jitter", "Accuracy", "nan"))
    assert "World landmarks: no true joints in metres." in page.words


def test_a_bag_without_a_single_frame_has_a_page(
    write: Callable[..., Page], made_run: Callable[..., Frames]
) -> None:
    frames = made_run().take(np.zeros(300, dtype=bool))
    about = {"metrics": {}, "levels": {}, "provider": "", "meter": "", "by_recording": {}}
    page = write(frames, runs={"level 0": about})
    assert page.images == []


def test_switches_have_a_histogram_and_a_picture(
    write: Callable[..., Page], made_run: Callable[..., Frames]
) -> None:
    frames = made_run("policy learned")
    columns = {name: frames[name] for name in frames.take(np.arange(1))._columns}
    columns["level"] = np.where(np.arange(300) < 75, 0.0, 2.0)
    columns["switched"] = (np.arange(300) == 75).astype(float)
    page = write(Frames(columns))
    rows = [[cell.strip() for cell in row] for row in page.cells]
    assert ["run", "level 0", "level 2", "switches a minute"] in rows
    assert ["policy learned", "25", "75", "3.01"] in rows
    assert "Levels" in page.words


def test_damage_and_the_worst_frames_are_shown(
    write: Callable[..., Page], made_run: Callable[..., Frames], tmp_path: Path
) -> None:
    (tmp_path / "worst").mkdir()
    picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "worst" / "01.jpg"), picture)
    worst = {"run": "level 0", "bag": "first", "frame": 12, "stamp_s": 0.8, "measure": "mde_px", "value": 9.5}
    recording = {"name": "first", "path": "/first", "frames": 300, "seconds": 20.0, "truth": "joints"}
    recording |= {"photos": False, "problems": {"images that are damaged": 3}}
    page = write(
        made_run(),
        worst=[{**worst, "picture": "worst/01.jpg"}, {**worst, "frame": 13, "picture": "worst/02.jpg"}],
        recordings=[recording],
        notes=["Problems were met in first."],
    )
    assert "3 x images that are damaged" in page.words
    assert "Problems were met in first." in page.words
    assert page.images[-1].startswith("data:image/jpeg;base64,")
    assert "first, frame 12 at 0.8 s, level 0: mde_px 9.5 px" in page.words
    assert "frame 13 at 0.8 s, level 0: mde_px 9.5 px (the picture is missing)" in page.words


def test_names_from_outside_cannot_write_html(
    write: Callable[..., Page], made_run: Callable[..., Frames]
) -> None:
    page = write(made_run(bag="<script>alert(1)</script>"))
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.words


def test_recordings_are_told_apart(write: Callable[..., Page], three_runs: Frames) -> None:
    page = write(three_runs)
    rows = [row for row in page.cells if row[0].strip() in ("first", "second")]
    assert [row[1] for row in rows] == ["level 0", "level 1", "level 2"] * 2


def test_a_run_of_a_hundred_thousand_frames_stays_a_small_page(
    write: Callable[..., Page], made_run: Callable[..., Frames], tmp_path: Path
) -> None:
    frames = made_run(seconds=20)
    page = write(frames)
    small = (tmp_path / "report.html").stat().st_size
    long = frames.take(np.resize(np.arange(300), 100_000))
    columns = {name: long[name] for name in long._columns}
    columns["stamp_s"] = np.arange(100_000) / 15
    columns["frame"] = np.arange(100_000.0)
    assert len(write(Frames(columns)).images) == len(page.images)
    assert (tmp_path / "report.html").stat().st_size < 2 * small
