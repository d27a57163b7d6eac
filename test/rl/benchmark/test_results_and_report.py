"""A report of two episodes on a policy that nobody trained."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.commands.output import machine, write_json
from hand_tracking_dsp.rl.benchmark import grid_search as tuning
from hand_tracking_dsp.rl.benchmark import results as finding
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark
from hand_tracking_dsp.rl.benchmark.report import headings, report_value, rows, write_report
from hand_tracking_dsp.rl.benchmark.results import (
    AT_ERROR,
    CONSTRAINED,
    ORACLE,
    SHIPPED,
    TUNED,
    UNSHIELDED,
    BenchmarkResults,
    run_benchmark,
)
from hand_tracking_dsp.rl.simulation.reward import Weights
from hand_tracking_dsp.rl.training.curves import plot_curves

SEEDS = (1, 2)
STAGES = {
    "threshold": ({"upper": (0.8, 1.2), "lower": (0.5,)},),
    "pi": ({"setpoint": (0.7, 0.9)},),
}
TRAINING = {"algorithm": "ppo", "missions": 0, "alpha": 0.4}


@pytest.fixture(scope="module")
def module_monkeypatch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def told() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="module")
def results(device, bank, random_mlp, tmp_path_factory, module_monkeypatch, told) -> BenchmarkResults:
    from hand_tracking_dsp.control.policy_file import PolicyContract, manifest_text
    from hand_tracking_dsp.rl.training.export import policy_network

    module_monkeypatch.setattr(tuning, "STAGES", STAGES)
    module_monkeypatch.setattr(tuning, "TUNING", (3,))
    module_monkeypatch.setattr(finding, "TUNING", (3,))
    folder = tmp_path_factory.mktemp("policies")
    for number, name in enumerate(("ppo_0", "ppo_1", "dqn_0", "without_drift")):
        network = policy_network(random_mlp(number), PolicyContract.of(bank, 0.5, TRAINING))
        (folder / f"{name}.onnx").write_bytes(network)
        (folder / f"{name}.json").write_text(manifest_text(f"{name}.onnx", network))
    benchmark = Benchmark(device, bank, Weights(0.4))
    return run_benchmark(benchmark, folder / "ppo_1.json", folder, 1, lambda *news: told.append(news), SEEDS)


def test_all_that_are_to_be_compared_took_part(results) -> None:
    assert set(results.scores) == {
        "fixed level 0",
        "fixed level 1",
        "fixed level 2",
        TUNED,
        AT_ERROR,
        "PI control, tuned",
        SHIPPED,
        "ppo 0",
        "ppo 1",
        "dqn 0",
        "without drift",
        CONSTRAINED,
        UNSHIELDED,
        ORACLE,
    }
    assert set(results.candidates) == set(results.scores)
    assert results.seeds == ("ppo 0", "ppo 1")
    assert all(len(scores) == len(SEEDS) for scores in results.scores.values())
    assert results.scores[SHIPPED] == results.scores["ppo 1"]


def test_progress_is_told(results, told) -> None:
    assert [news for news in told if news[0] == "missions"] == [("missions", 1, 2), ("missions", 2, 2)]
    assert {name for name, _, _ in told} == {"tuning threshold", "tuning PI control", "missions"}
    assert results.episodes == SEEDS


def test_the_aims_say_what_was_found(results) -> None:
    texts = [aim.text for aim in results.aims]
    assert texts[0] == "return at least 95 % of the oracle's, over 2 training seeds"
    for opponent in (TUNED, AT_ERROR):
        assert any(text.startswith("late frames") and text.endswith(opponent) for text in texts)
    constrained = [aim for aim in results.aims if aim.text.startswith("constrained")]
    assert [aim.reached for aim in constrained] == [True, True]
    assert all(aim.value for aim in results.aims)


def test_the_shipped_policy_is_tested_against_each_other_one(results) -> None:
    assert set(results.tests) == set(results.scores) - {SHIPPED}
    assert results.tests["ppo 1"]["gain"]["t_p"] == 1.0


def test_the_cost_of_a_decision_is_measured(results) -> None:
    median, tail = results.decision_ms
    assert 0 < median <= tail


def test_the_table_has_a_row_a_policy(results) -> None:
    table = results.table()
    assert set(table) == set(results.scores)
    lines = rows(results)
    assert [name for name, _ in lines] == list(results.scores)
    assert {len(cells) for _, cells in lines} == {len(headings())}
    gain = table[SHIPPED]["gain"]["value"]
    assert gain == pytest.approx(np.mean([score.gain for score in results.scores[SHIPPED]]))
    assert dict(lines)[SHIPPED][0].startswith(f"{gain:.3f} (")


def test_the_figures_can_be_read_from_json(results, tmp_path) -> None:
    write_json(tmp_path / "report.json", report_value(results, TRAINING, machine()))
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert set(found["policies"]) == set(results.scores)
    assert len(found["aims"]) == len(results.aims)
    assert found["weights"] == {"alpha": 0.4, "beta": 0.6}
    assert found["bank"]["fingerprint"] == results.benchmark.bank.fingerprint
    assert found["missions"]["seeds"] == [1, 2]
    assert found["settings"][TUNED] == results.candidates[TUNED].settings
    assert found["training"] == TRAINING
    assert found["not_measured"]


def test_the_page_works_offline(results, tmp_path) -> None:
    cv2.imwrite(str(tmp_path / "live.png"), np.zeros((8, 8, 3), np.uint8))
    live = {
        "headings": ["policy", "late"],
        "rows": [["learned", "1.5 %"], ["<b>rule</b>", "2 %"]],
        "note": "a note",
        "picture": str(tmp_path / "live.png"),
    }
    write_report(results, TRAINING, tmp_path / "out", live)
    names = {"report.html", "trade.png", "gains.png", "mission.png"}
    assert {file.name for file in (tmp_path / "out").iterdir()} == names
    for name in names - {"report.html"}:
        assert cv2.imread(str(tmp_path / "out" / name)).std() > 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "http:" not in page
    assert "https:" not in page
    assert "<script" not in page
    assert "<link" not in page
    assert page.count("data:image/png;base64,") == page.count("<img ") == 4
    assert "In the running graph" in page
    assert "&lt;b&gt;rule&lt;/b&gt;" in page
    assert "What was not measured" in page
    for name in results.scores:
        assert name in page


def test_without_a_live_run_the_page_has_none(results, tmp_path) -> None:
    write_report(results, TRAINING, tmp_path)
    assert "In the running graph" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_policy_without_trainings_beside_it_stands_for_itself(results) -> None:
    aim = finding._against_oracle(results.scores, ())
    assert aim.text.endswith("over 1 training seed")
    assert aim.value


def test_curves_of_all_trainings_are_drawn(tmp_path) -> None:
    for name in ("ppo_0", "ppo_1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "curve.csv").write_text(
            "missions,steps,return,miss_share,drift_percent,energy,switches,alpha\n"
            "24,5760,0.7,0.05,3,0.6,20,0.4\n48,11520,0.75,0.03,3.2,0.58,18,0.38\n"
        )
    plot_curves(tmp_path, tmp_path / "curves.png")
    drawn = cv2.imread(str(tmp_path / "curves.png"))
    plot_curves(tmp_path / "ppo_0", tmp_path / "empty.png")
    assert drawn.std() > cv2.imread(str(tmp_path / "empty.png")).std()
