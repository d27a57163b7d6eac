"""Waits between tries."""

import pytest

from hand_tracking_dsp.cameras.backoff import Backoff
from hand_tracking_dsp.errors import ConfigurationError


def test_waits_grow_up_to_the_limit_and_begin_again_after_a_success():
    backoff = Backoff(first_s=0.5, factor=2.0, limit_s=3.0)
    assert [backoff.failed() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert backoff.failures == 5
    backoff.succeeded()
    assert backoff.failures == 0
    assert backoff.failed() == 0.5


@pytest.mark.parametrize(
    ("first_s", "factor", "limit_s"), [(0.0, 2.0, 1.0), (1.0, 0.5, 2.0), (2.0, 2.0, 1.0)]
)
def test_refuses_values_that_cannot_work(first_s, factor, limit_s):
    with pytest.raises(
        ConfigurationError, match=r"cannot work: choose first above 0, factor at least 1 and limit"
    ):
        Backoff(first_s, factor, limit_s)
