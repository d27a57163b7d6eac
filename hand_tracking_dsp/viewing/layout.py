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

"""The page's layout: which panel shows which entity of Rerun's recording."""

from __future__ import annotations

import rerun as rr
import rerun.blueprint as rrb

from hand_tracking_dsp.viewing.curves import PLOTS

TIME = "time"
PICTURE, NOW, EVENTS = "world/camera/picture", "now", "events"
_SHOWN_S = 30.0


def blueprint(*, following: bool) -> rrb.Blueprint:
    """Lay out the page: the picture and the hands in space, figures, curves.

    Args:
        following: As in PageOptions.
    """
    ranges = None
    if following:
        boundary = rr.TimeRangeBoundary
        ranges = rr.VisibleTimeRange(
            TIME, start=boundary.cursor_relative(seconds=-_SHOWN_S), end=boundary.cursor_relative()
        )
    plots = {
        name: rrb.TimeSeriesView(origin=f"plots/{name}", name=title, time_ranges=ranges)
        for name, title in PLOTS.items()
    }
    first = ("latency", "budget", "level", "point", "drift", "battery")
    eye = rrb.EyeControls3D(position=(0.3, -0.25, -0.2), look_target=(0.0, 0.0, 0.4), eye_up=(0.0, -1.0, 0.0))
    return rrb.Blueprint(
        rrb.Horizontal(
            rrb.Vertical(
                rrb.Spatial2DView(origin=PICTURE, name="Camera"),
                rrb.Spatial3DView(origin="world", name="Hands in space, m", eye_controls=eye),
            ),
            rrb.Vertical(
                rrb.TextDocumentView(origin=NOW, name="Now"),
                rrb.Tabs(
                    rrb.Grid(*(plots[name] for name in first), grid_columns=2, name="Curves"),
                    rrb.Vertical(
                        rrb.Grid(*(plots[name] for name in PLOTS if name not in first), grid_columns=2),
                        rrb.TextLogView(
                            origin=EVENTS,
                            name="What happened",
                            columns=rrb.TextLogColumns(timeline_columns=[TIME], text_log_columns=["Body"]),
                        ),
                        row_shares=[2, 1],
                        name="Controller",
                    ),
                ),
                row_shares=[1, 1.3],
            ),
            column_shares=[1, 1.3],
        ),
        rrb.BlueprintPanel(state="hidden"),
        rrb.SelectionPanel(state="hidden"),
        rrb.TimePanel(state="collapsed", timeline=TIME, play_state="following" if following else "paused"),
        auto_layout=False,
        auto_views=False,
    )
