"""Blocks of consecutive frames, and draws of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hand_tracking_dsp.evaluation.comparison.resampling import Resampling
from hand_tracking_dsp.evaluation.measures.frames import Frames, joined


def test_blocks_are_seconds_of_each_recording(made_run: Callable[..., Frames]) -> None:
    frames = joined([made_run(bag=bag, seconds=3) for bag in ("first", "second")])
    blocks, count = Resampling(block_s=1.0).blocks(frames)
    assert count == 6
    assert np.bincount(blocks).tolist() == [15] * 6
    assert blocks.tolist() == sorted(blocks)
    assert Resampling(block_s=2.0).blocks(frames)[1] == 4


def test_a_gap_in_a_recording_is_no_block(made_run: Callable[..., Frames]) -> None:
    frames = made_run(seconds=6)
    kept = frames.take((frames["stamp_s"] < 1) | (frames["stamp_s"] >= 5))
    assert Resampling().blocks(kept)[1] == 2


@pytest.mark.parametrize("count", [1, 7, 3000, 50_000])
def test_every_draw_has_as_many_blocks_as_there_are(count: int) -> None:
    parts = list(Resampling(repetitions=150, seed=3).draws(count))
    assert all(part.size <= 4_000_000 for part in parts)
    draws = np.concatenate(parts)
    assert draws.shape == (150, count)
    assert (draws.sum(axis=1) == count).all()
    assert draws.mean() == pytest.approx(1)
