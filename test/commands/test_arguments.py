"""Options that several sub-commands have."""

from __future__ import annotations

import argparse

import pytest

from hand_tracking_dsp.commands.arguments import require_at_least, require_threads
from hand_tracking_dsp.errors import ConfigurationError


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
