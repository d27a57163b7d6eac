"""The table that policy-live prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from hand_tracking_dsp.evaluation.live_comparison import LiveScore


def score_table(scores: Sequence[LiveScore], budget_ms: float) -> Table:
    """Make a table with a row a policy.

    Args:
        scores: What came of each policy.
        budget_ms: Latency budget that they were scored with, milliseconds.
    """
    table = Table(
        title=f"Frames with a hand against {budget_ms:g} ms; drift: from the dense level, % of palm size; "
        "energy: the tracker's, by the simulated battery"
    )
    headings = (
        "frames",
        "without hand",
        "late",
        "late, dropped, lost",
        "p50, p95 ms",
        "drift",
        "energy",
        "levels",
    )
    table.add_column("policy")
    for heading in (*headings, "switches", "most a minute"):
        table.add_column(heading, justify="right")
    for one in scores:
        levels = ", ".join(
            f"{n}: {100 * count / one.frames:.0f} %" for n, count in one.frames_by_level.items()
        )
        table.add_row(
            one.policy,
            str(one.frames),
            f"{one.frames - one.frames_with_hands} ({one.late_without_hands} late)",
            f"{100 * one.late_share:.1f} %",
            f"{100 * one.missed_share:.1f} % ({one.frames_dropped} dropped, {one.frames_lost} lost)",
            f"{one.p50_ms:.1f}, {one.p95_ms:.1f}",
            f"{one.drift_percent:.1f}",
            f"{one.energy_j:.0f} J, {one.tracker_w:.2f} W",
            levels,
            str(one.switches),
            str(one.switches_per_min),
        )
    return table
