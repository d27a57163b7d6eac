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

"""Results of a benchmark of two episodes."""

from __future__ import annotations

from hand_tracking_dsp.rl.benchmark.aims import against_oracle
from hand_tracking_dsp.rl.benchmark.candidates import (
    AT_ERROR,
    CONSTRAINED,
    INDEX,
    ORACLE,
    SHIPPED,
    TUNED,
    UNSHIELDED,
)
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of


def test_all_that_are_to_be_compared_took_part(results) -> None:
    assert set(results.scores) == {
        "fixed point 0",
        "fixed point 1",
        "fixed point 2",
        TUNED,
        AT_ERROR,
        "PI control, tuned",
        INDEX,
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
    assert all(len(scores) == 2 for scores in results.scores.values())
    assert results.scores[SHIPPED] == results.scores["ppo 1"]


def test_progress_is_reported(results, reported) -> None:
    assert [news for news in reported if news[0] == "missions"] == [("missions", 1, 2), ("missions", 2, 2)]
    assert {name for name, _, _ in reported} == {
        "tuning threshold",
        "tuning pi",
        "missions",
        "speeds of the device",
        "adversarial missions",
    }
    assert results.episodes == (1, 2)


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


def test_a_policy_without_trainings_beside_it_stands_for_itself(results) -> None:
    aim = against_oracle(results.scores, ())
    assert aim.text.endswith("over 1 training seed")
    assert aim.value


def test_every_candidate_has_a_hypervolume_and_a_set_no_less_than_its_members(results) -> None:
    table = results.table()
    alone = {name: table[name]["hypervolume"]["value"] for name in results.scores}
    assert all(0 <= value < 1 for value in alone.values())
    sets = results.hypervolume_sets
    assert set(sets) == {"all fixed points", "2 training seeds", "all but the oracle"}
    assert sets["2 training seeds"] >= max(alone["ppo 0"], alone["ppo 1"])
    assert sets["all but the oracle"] >= max(value for name, value in alone.items() if name != ORACLE)
    fixed = [mean_of(results.scores[name], "energy_j") for name in results.fixed]
    assert results.reference["energy_j"] == max(fixed)


def test_the_stricter_box_counts_nothing_that_is_late_more_often_than_its_limit(results) -> None:
    for name, found in results.scores.items():
        late = mean_of(found, "miss_share")
        assert results.hypervolume_of(name, late_limit=late) == 0.0
        assert results.hypervolume_of(name, late_limit=1.0) == results.hypervolume_of(name)


def test_the_trainings_are_compared_with_the_rules(results) -> None:
    over = results.over_trainings
    assert over.trainings == results.seeds
    assert set(over.against) == {TUNED, AT_ERROR, INDEX}


def test_the_speeds_are_played_by_fixed_points_rules_policy_and_oracle(results) -> None:
    assert list(results.speed.scores) == [0.2, 1.4]
    for found in results.speed.scores.values():
        assert list(found) == ["fixed point 0", "fixed point 2", TUNED, INDEX, SHIPPED, ORACLE]
