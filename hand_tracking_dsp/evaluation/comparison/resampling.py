"""Drawing blocks of consecutive frames again and again: the bootstrap for frames that resemble each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.evaluation.measures.frames import Frames
from hand_tracking_dsp.evaluation.measures.statistics import Blocks
from hand_tracking_dsp.evaluation.statistics import Array

MIN_BLOCKS = 10
"""Blocks below which no interval is formed."""

_NUMBERS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Resampling:
    """How intervals are had.

    The bootstrap of blocks that do not overlap (E. Carlstein, "The use of subseries values for estimating
    the variance of a general statistic from a stationary sequence", Annals of Statistics 14, 1986; with
    overlapping ones H. R. Künsch, "The jackknife and the bootstrap for general stationary observations",
    Annals of Statistics 17, 1989): neighbouring frames resemble each other, so that frames drawn singly
    would make intervals too narrow.

    Attributes:
        block_s: Length of a block, seconds of the recording; longer than what frames remember.
        repetitions: How often as many blocks as there are are drawn with replacement.
        seed: Of the draws.
    """

    block_s: float = 1.0
    repetitions: int = 2000
    seed: int = 0

    def blocks(self, frames: Frames) -> tuple[Blocks, int]:
        """Cut recordings into blocks.

        Args:
            frames: At least one.

        Returns:
            Which block each frame is in, int64 [n], and how many blocks there are.
        """
        _, bags = np.unique(frames["bag"], return_inverse=True)
        places = np.stack([bags.reshape(-1), np.floor(np.nan_to_num(frames["stamp_s"]) / self.block_s)])
        found, blocks = np.unique(places, axis=1, return_inverse=True)
        return blocks.reshape(-1).astype(np.int64), found.shape[1]

    def draws(self, count: int) -> Iterator[Array]:
        """Draw from count blocks.

        Yields:
            How often each block was drawn, float64 [r, count], in parts that need little memory; in all r
            is the number of repetitions.
        """
        random = np.random.default_rng(self.seed)
        step = max(_NUMBERS_AT_ONCE // count, 1)
        for start in range(0, self.repetitions, step):
            size = min(step, self.repetitions - start)
            yield random.multinomial(count, np.full(count, 1 / count), size).astype(np.float64)
