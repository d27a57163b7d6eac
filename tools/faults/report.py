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

"""Tables of what faults, damaged files and a soak came to, as Markdown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median

from faults.damaged_files import Reading
from faults.injection import BACK_LIMIT_S, Outcome
from faults.soak import Minute


def faults_section(outcomes: Sequence[Outcome]) -> str:
    """Tabulate the faults by kind, and list those that did not go well."""
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_kind[outcome.kind].append(outcome)
    late = sum(o.back_s is not None and o.back_s > BACK_LIMIT_S for o in outcomes)
    named = Counter(o.named for o in outcomes)
    lines = [
        "## Faults in the running graph",
        "",
        (
            f"{len(outcomes)} faults of {len(by_kind)} kinds. Named in /diagnostics: {named['diagnostics']}, "
            f"by the command that started the nodes: {named['log']}, "
            f"answered to whoever caused them: {named['answer']}, without effect: {named['no effect']}, "
            f"silent: {named['silent']}. Back later than {BACK_LIMIT_S:g} s: {late}, "
            f"never back: {sum(o.back_s is None for o in outcomes)}. "
            f"After which a warning stayed: {sum(bool(o.lingering) for o in outcomes)}. "
            f"Processes that died by them: {sum(len(o.deaths) for o in outcomes)}. "
            f"Tracebacks: {sum(o.tracebacks for o in outcomes)}."
        ),
        "",
        "| Kind | Faults | Named | Back after, s: median (longest) | Not well |",
        "|---|---:|---|---:|---:|",
    ]
    for kind, group in sorted(by_kind.items()):
        backs = [o.back_s for o in group if o.back_s is not None]
        back = f"{median(backs):.1f} ({max(backs):.1f})" if backs else "never"
        how = ", ".join(sorted({o.named for o in group}))
        lines.append(f"| {kind} | {len(group)} | {how} | {back} | {sum(not o.good for o in group) or ''} |")
    bad = [o for o in outcomes if not o.good]
    lines += ["", "What did not go well:" if bad else "Nothing else is to be said.", ""]
    lines += [f"- {_sentence(o)}" for o in bad]
    return "\n".join(lines) + "\n"


def _sentence(outcome: Outcome) -> str:
    back = "never back" if outcome.back_s is None else f"back in {outcome.back_s:.1f} s"
    parts = [outcome.named, back]
    parts += [f"{node} died" for node in outcome.deaths] + [f"missing {what}" for what in outcome.missing]
    parts += [f"lingering: {text}" for text in outcome.lingering]
    parts += [f"{outcome.tracebacks} tracebacks"] * bool(outcome.tracebacks)
    said = "; ".join(outcome.said) or "nothing"
    return f"{outcome.kind}: {', '.join(parts)}. /diagnostics: {said}"


def files_section(readings: Sequence[Reading]) -> str:
    """Tabulate the damaged files by kind, and list those that did harm."""
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for reading in readings:
        by_kind[reading.kind][reading.result] += 1
    results = ("taken", "refused", "wordy", "traceback", "died", "hung")
    total = Counter(reading.result for reading in readings)
    lines = [
        "## Damaged files",
        "",
        f"{len(readings)} files of {len(by_kind)} kinds: "
        + ", ".join(f"{total[result]} {result}" for result in results)
        + f"; the longest took {max(reading.seconds for reading in readings):.1f} s.",
        "",
        "| Kind | " + " | ".join(results) + " |",
        "|---|" + "---:|" * len(results),
    ]
    for kind, counts in sorted(by_kind.items()):
        lines.append(f"| {kind} | " + " | ".join(str(counts[result] or "") for result in results) + " |")
    lines.append("")
    for reading in readings:
        if not reading.good:
            last = reading.text.strip().splitlines()[-1:] or [""]
            lines.append(f"- {reading.kind}, {reading.result}: {last[0]} ({reading.file})")
    return "\n".join(lines) + "\n"


def soak_section(minutes: Sequence[Minute]) -> str:
    """Tabulate a soak by the minute."""
    first, last = minutes[0], minutes[-1]
    lines = [
        "## Soak",
        "",
        (
            f"{len(minutes)} minutes, {sum(m.frames for m in minutes)} frames, "
            f"{sum(m.lost for m in minutes)} lost, {sum(len(m.restarted) for m in minutes)} restarts; "
            "memory of all nodes "
            f"{sum(first.memory_mib.values()):.0f} MiB in the first minute and "
            f"{sum(last.memory_mib.values()):.0f} MiB in the last."
        ),
        "",
        (
            "| Minute | Frames | Lost | Latency, ms: median (p95) | Changes of level | Memory, MiB | "
            "Threads | Open files | CPU, % of a core | Warnings |"
        ),
        "|---:|" + "---:|" * 9,
    ]
    for m in minutes:
        p50, p95 = m.latency_ms
        lines.append(
            f"| {m.number} | {m.frames} | {m.lost} | {p50:.1f} ({p95:.1f}) | {m.switches} | "
            f"{sum(m.memory_mib.values()):.0f} | {sum(m.threads.values())} | {sum(m.files.values())} | "
            f"{m.cpu_percent:.0f} | {len(m.troubles)} |"
        )
    told = dict.fromkeys(text for m in minutes for text in m.troubles)
    lines += ["", *(f"- {text}" for text in told)]
    return "\n".join(lines) + "\n"
