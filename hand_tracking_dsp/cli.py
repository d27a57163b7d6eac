"""The command hand-tracking-dsp: one sub-command a module of hand_tracking_dsp.commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from hand_tracking_dsp.errors import HandTrackingError

COMMANDS = {
    "up": "start the camera, tracker, controller and power nodes",
    "demo": "run the nodes for a while and leave a video, plots and a summary",
    "record": "write a bag of a camera, a file, the synthetic hand or the running graph",
    "replay": "publish a bag on ROS topics, with /clock",
    "adapt": "adapt a bank to the pictures of one's own camera",
    "evaluate": "replay bags or photos through the tracker and write a report",
    "compare": "hold two evaluations against each other, for people and for CI",
    "gesture": "record gestures of your own by example, and measure how well gestures are read",
    "models": "import, list, merge and verify the networks of a level bank",
    "parameters": "print the nodes' parameters as YAML or as tables",
    "bench": "measure frame times, against MediaPipe's where it is installed",
    "agreement": "compare the hands found in photos with MediaPipe's",
    "prune": "make sparser levels of a bank's network, without training",
    "relevance": "compare criteria of which channels matter",
    "distill": "teach the levels of a bank what its dense network says",
    "quantize": "give every level of a bank an INT8 file, checked and measured",
    "prune-palm": "make the palm detectors of a bank smaller and faster",
    "record-trace": "write what each frame of a running graph or a bag cost, for fit-device",
    "fit-device": "fit a simulated device to recorded traces, to train the controller on",
    "train-policy": "learn policies in simulated missions and export the best",
    "policy-report": "evaluate a policy in simulated missions, against rules and the best plan",
    "policy-live": "compare policies in the running graph, under the same load",
    "pictures": "make the pictures of the documentation",
    "peers": "compare our pruned networks with other methods' on the same work",
}

# A shell's status of a program that SIGINT ended.
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command.

    Args:
        arguments: The words behind the command's name; sys.argv's if None.

    Returns:
        The exit status: 0, 1 where the command failed with a sentence on stderr, 2 for wrong usage, 130
        after Ctrl-C where the command has no other way to end.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="hand-tracking-dsp", description="Hand tracking for robots at a chosen level of sparsity."
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=summary.capitalize() + ".")
        # Only the chosen command's module is imported: the others' libraries are heavy.
        if name in words[:1]:
            try:
                module = import_module(f"hand_tracking_dsp.commands.{name.replace('-', '_')}")
            except ModuleNotFoundError as error:
                return _fail(name, _missing(error))
            module.add_arguments(subparser)
    options = parser.parse_args(words)
    try:
        return int(module.run(options))
    except HandTrackingError as error:
        return _fail(options.command, str(error))
    except ModuleNotFoundError as error:
        return _fail(options.command, _missing(error))
    except KeyboardInterrupt:
        _fail(options.command, "Interrupted.")
        return _INTERRUPTED


def _fail(command: str, sentence: str) -> int:
    print(f"hand-tracking-dsp {command}: {sentence}", file=sys.stderr)
    return 1


def _missing(error: ModuleNotFoundError) -> str:
    """Say which library is missing.

    Raises:
        ModuleNotFoundError: It is a module of this package: that is no question of installing.
    """
    if (error.name or "").startswith("hand_tracking_dsp."):
        raise error
    return f"It needs the Python module {error.name}, which is not installed: run pip install {error.name}."


if __name__ == "__main__":
    sys.exit(main())
