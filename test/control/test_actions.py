"""Actions and what each may do at a level."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.control.actions import ACTION_NAMES, Action, allowed_actions


def test_an_action_is_its_index_among_the_scores_and_a_step() -> None:
    assert ACTION_NAMES == ("denser", "keep", "sparser")
    assert [(action.value, action.step) for action in Action] == [(0, -1), (1, 0), (2, 1)]


@pytest.mark.parametrize(
    ("level", "levels", "allowed"),
    [
        (0, 3, {Action.KEEP, Action.SPARSER}),
        (1, 3, set(Action)),
        (2, 3, {Action.DENSER, Action.KEEP}),
        (0, 1, {Action.KEEP}),
    ],
)
def test_an_action_must_lead_to_a_loaded_level(level: int, levels: int, allowed: set[Action]) -> None:
    mask = allowed_actions(level, levels)
    assert mask.dtype == bool
    assert {action for action in Action if mask[action]} == allowed
