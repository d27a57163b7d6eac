"""Pauses between attempts."""

import pytest

from hand_tracking_dsp.cameras.backoff import Backoff, BackoffOptions
from hand_tracking_dsp.errors import ConfigurationError


def test_pauses_grow_up_to_the_limit_and_begin_again_after_a_success():
    backoff = Backoff(BackoffOptions(retry_s=0.5, retry_max_s=3.0))
    assert [backoff.failed() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    backoff.succeeded()
    assert backoff.failed() == 0.5


@pytest.mark.parametrize(
    ("retry_s", "retry_max_s", "problem"),
    [
        (0.0, 1.0, "BackoffOptions.retry_s is 0.0, but must be in the range 0.05 to 60 s."),
        (2.0, 1.0, "BackoffOptions.retry_max_s is 1.0, but must be at least retry_s, which is 2.0."),
    ],
)
def test_refuses_values_that_cannot_work(retry_s, retry_max_s, problem):
    with pytest.raises(ConfigurationError) as refusal:
        BackoffOptions(retry_s, retry_max_s)
    assert str(refusal.value) == problem
