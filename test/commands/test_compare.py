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

"""The command compare, from folders to its exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.evaluation.measures.catalogue import ALL_METRICS
from hand_tracking_dsp.evaluation.measures.frames import Frames, joined


@pytest.fixture
def folders(made_folder: Callable[..., Path], made_run: Callable[..., Frames]) -> tuple[str, str]:
    """Give two evaluations of two levels: B is worse by half a pixel and faster by 2 ms."""

    def both(name: str, **changes: float) -> str:
        runs = [made_run(f"level {i}", sparsity=i / 2, level=i, **changes) for i in (0, 1)]
        return str(made_folder(name, joined(runs)))

    return both("a"), both("b", error_px=0.5, latency_ms=-2)


def test_a_table_says_what_is_better_and_worse(
    folders: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["compare", *folders, "--resamples", "200"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "│" in line]
    verdicts = [(row[0], row[-1]) for row in rows]
    assert verdicts.count(("mde_px", "worse")) == 2, "once a level"
    assert verdicts.count(("latency_p50_ms", "better")) == 2
    assert verdicts.count(("detection_recall", "equal")) == 2
    assert verdicts.count(("energy_mj (estimated)", "equal")) == 2
    assert ("rate_hz", "not tested: one value a run") in verdicts
    text = " ".join(out.split())
    assert "level 0: 300 frames, recordings: 1, blocks: 20" in text
    assert "Measured on neither side: world_mm" in text
    assert "Error on sparsity, A and B:" in text
    assert "drawing blocks of 1 s of the recordings 200 times" in text


def test_only_the_measures_asked_for_are_shown(
    folders: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--run", "level 1", "--metrics", "mde_px", "rate_hz", "--resamples", "100"]
    assert main(["compare", *folders, *arguments]) == 0
    out = capsys.readouterr().out
    assert "mde_px" in out
    assert "rate_hz" in out
    assert "latency_p50_ms" not in out
    assert "level 0:" not in out


def test_two_runs_of_one_evaluation_make_one_line_over_sparsity(
    made_folder: Callable[..., Path],
    made_run: Callable[..., Frames],
    capsys: pytest.CaptureFixture[str],
) -> None:
    frames = joined([made_run(f"level {i}", sparsity=i / 2, level=i) for i in (0, 1)])
    folder = str(made_folder("both", frames, notes=["The hand in first is synthetic."]))
    assert main(["compare", folder, folder, "--run-a", "level 0", "--run-b", "level 1"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert text.count("Error on sparsity") == 1
    assert f"least squares over {np.isfinite(frames['error_palm_percent']).sum()} frames" in text
    assert text.count("Note: The hand in first is synthetic.") == 1


def test_json_holds_everything(folders: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "found" / "compared.json"
    limits = ["--fail-if", "mde_px>+50%", "--fail-if", "mde_px>+1%"]
    assert main(["compare", *folders, "--json", str(path), "--resamples", "200", "--seed", "4", *limits]) == 1
    found = json.loads(path.read_text())
    assert found["resampling"] == {"block_s": 1.0, "repetitions": 200, "seed": 4}
    assert [found[side]["folder"] for side in "ab"] == list(folders)
    assert [pair["runs"] for pair in found["pairs"]] == [["level 0"] * 2, ["level 1"] * 2]
    assert found["pairs"][0]["frames"] == {
        "shared": 300, "only_a": 0, "only_b": 0, "handled": [300, 300], "blocks": 20,
    }  # fmt: skip
    measures = found["pairs"][0]["measures"]
    assert list(measures) == [metric.name for metric in ALL_METRICS]
    assert measures["mde_px"]["verdict"] == "worse"
    assert measures["mde_px"]["difference"]["value"] == pytest.approx(0.5)
    assert measures["world_mm"]["a"] == {"value": None, "low": None, "high": None}
    assert measures["energy_mj"]["note"] == "estimated"
    assert set(found["error_on_sparsity"]) == {"A", "B", "A and B"}
    assert [(one["limit"], one["kept"]) for one in found["limits"]] == [
        ("level 0: mde_px>+50%", True),
        ("level 0: mde_px>+1%", False),
        ("level 1: mde_px>+50%", True),
        ("level 1: mde_px>+1%", False),
    ]


@pytest.mark.parametrize(
    ("limits", "status", "said"),
    [
        (["mde_px>+2%"], 1, "level 0: mde_px>+2% holds: mde_px was 3."),
        (["mde_px>+50%", "latency_p50_ms>+0.5"], 0, ""),
        (["mde_px>+50%", "detection_recall<0.99"], 1, "detection_recall<0.99 holds"),
        (["world_mm>+2%"], 1, "world_mm was not measured in A and B; it needs true joints in metres"),
        (["rate_hz<50"], 0, ""),
        (["rate_hz<60"], 1, "rate_hz was 55.5 and is 55.5 frames/s"),
    ],
)
def test_limits_decide_the_exit_status(
    folders: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
    limits: list[str],
    status: int,
    said: str,
) -> None:
    words = [word for limit in limits for word in ("--fail-if", limit)]
    assert main(["compare", *folders, "--resamples", "100", "--run", "level 0", *words]) == status
    out, err = capsys.readouterr()
    assert said in err
    assert bool(err) == bool(status)
    assert out.count("does not hold") == len(limits) - err.count("compare: level 0")


def test_confident_fails_only_on_what_is_sure(
    made_folder: Callable[..., Path], made_run: Callable[..., Frames], capsys: pytest.CaptureFixture[str]
) -> None:
    # Twelve of 300 frames are far worse: in the mean much, but not surely more than the limit.
    a = made_run()
    columns = {name: a[name] for name in a._columns}
    columns["error_px"] = columns["error_px"] + np.where(np.arange(300) % 60 < 2, 20.0, 0.0)
    before, after = str(made_folder("a", a)), str(made_folder("b", Frames(columns)))
    arguments = ["compare", before, after, "--resamples", "300", "--fail-if", "mde_px>+15%"]
    assert main(arguments) == 1
    assert main([*arguments, "--confident"]) == 0
    assert main([*arguments[:-1], "latency_max_ms>+1", "--confident"]) == 0, "they are equal"
    assert main([*arguments[:-1], "rate_hz<-1", "--confident"]) == 1
    assert "cannot be checked with --confident: rate_hz has no interval" in capsys.readouterr().err


def test_runs_of_other_names_are_compared_where_asked(
    folders: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--run-a", "level 0", "--run-b", "level 1", "--resamples", "100"]
    assert main(["compare", folders[0], folders[0], *words]) == 0
    assert "level 0 against level 1: 300 frames" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fail-if", "mde_px"], "write a measure, > or <, and a number, for example 'mde_px>+2%'"),
        (["--metrics", "speed"], "--metrics has no measure 'speed'"),
        (["--run", "level 3"], "A has no run 'level 3': choose one of 'level 0', 'level 1'"),
        (["--run", "level 0", "--run-b", "level 1"], "give either it or --run-a and --run-b"),
        (["--block", "0"], "--block is 0: it must be a time above 0 seconds"),
        (["--block", "nan"], "--block is nan"),
        (["--resamples", "3"], "--resamples is 3: it must be at least 100"),
        (["--seed", "-1"], "--seed is -1: it must be at least 0"),
    ],
)
def test_options_that_cannot_work_are_said_in_a_sentence(
    folders: tuple[str, str], capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["compare", *folders, *words]) == 1
    assert said in capsys.readouterr().err


def test_folders_that_cannot_be_compared_are_said_in_a_sentence(
    folders: tuple[str, str],
    made_folder: Callable[..., Path],
    made_run: Callable[..., Frames],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = str(made_folder("other", made_run(bag="other")))
    for words, said in (
        ([folders[0], str(tmp_path / "nowhere")], "nowhere/report.json cannot be read"),
        ([folders[0], other], "no frame in common"),
    ):
        assert main(["compare", *words, "--run", "level 0"]) == 1
        assert said in capsys.readouterr().err
    (tmp_path / "b" / "report.json").write_text("{")
    assert main(["compare", *folders]) == 1
    assert "report.json cannot be read (it is not JSON)" in capsys.readouterr().err


def test_wrong_usage_is_status_2(folders: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["compare", folders[0]])
    assert stop.value.code == 2


def test_dropped_frames_and_other_recordings_are_noted(
    made_folder: Callable[..., Path],
    made_run: Callable[..., Frames],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    a = made_folder("a", joined([made_run(bag="first"), made_run(bag="second", seconds=2)]))
    b = made_folder("b", made_run(bag="first", error_px=1).take(np.arange(0, 300, 2)))
    assert main(["compare", str(a), str(b), "--resamples", "100"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "Note: Recordings of A alone, which are left out: second." in out
    assert "Left out: 180 frames that A alone has, 0 that B alone has." in out
    assert "level 0: 150 frames, recordings: 1, blocks: 20" in out
