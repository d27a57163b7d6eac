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

"""hand-tracking-dsp policy federate: train the controller's network over a fleet without sharing its data."""

from __future__ import annotations

import argparse
import os
import signal
from importlib.util import find_spec
from pathlib import Path

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_device,
    add_executor,
    add_seed,
    read_device,
    require_at_least,
)
from hand_tracking_dsp.commands.output import require_writable
from hand_tracking_dsp.commands.policy.federate_study import FILE, PICTURE, simulate
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.benchmark.evaluate import require_same_levels
from hand_tracking_dsp.rl.federated.options import STRATEGIES, FederationOptions
from hand_tracking_dsp.tracking.manifest import read_manifest

_PORT = 9092
# Beside the nodes of a robot, which come first.
_NICE = 10
_LOOPBACK = ("127.0.0.1", "localhost")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--serve", action="store_true", help="be the server of a fleet, until it has learned")
    what.add_argument("--join", metavar="ADDRESS", help="learn on this robot for the server HOST:PORT")
    what.add_argument(
        "--simulate",
        type=int,
        metavar="N",
        help="compare trainings of N unlike robots, simulated (for 20 some 20 minutes of two cores); "
        "goes on from what is done in --out",
    )
    what.add_argument(
        "--make-certificates", action="store_true", help="write certificates and keys of a fleet into --out"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for what is written, each robot its own",
    )
    _add_safety(parser)
    default = FederationOptions()
    parser.add_argument(
        "--strategy", choices=STRATEGIES, default=default.strategy, help="default: %(default)s"
    )
    parser.add_argument(
        "--rounds", type=int, default=default.rounds, help="rounds of learning (default: %(default)s)"
    )
    parser.add_argument("--clients", type=int, default=2, help="robots a round needs (default: %(default)s)")
    parser.add_argument(
        "--timeout", type=int, default=600, metavar="S", help="a round waits so long (default: %(default)s s)"
    )
    parser.add_argument(
        "--missions", type=int, default=4, help="missions of each robot (default: %(default)s)"
    )
    parser.add_argument(
        "--unseen", type=int, default=24, help="simulated robots to evaluate on (default: %(default)s)"
    )
    parser.add_argument(
        "--unseen-missions", type=int, default=4, help="missions of each of these (default: %(default)s)"
    )
    parser.add_argument(
        "--seeds", type=int, default=1, help="simulated fleets, one after the other (default: %(default)s)"
    )
    add_executor(parser, "simulated missions")
    add_device(parser)
    add_bank(parser)
    add_seed(parser)


def _add_safety(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--address",
        default=f"0.0.0.0:{_PORT}",
        metavar="HOST:PORT",
        help="where the server listens (default: %(default)s)",
    )
    parser.add_argument("--certificates", type=Path, metavar="DIR", help="folder of certificates and keys")
    parser.add_argument("--name", default="", help="name of this robot, whose key is NAME.key")
    parser.add_argument("--insecure", action="store_true", help="no TLS, and whoever comes is taken")
    parser.add_argument(
        "--host",
        nargs="+",
        default=[],
        help="names and addresses of the server, for its certificate; none: it is in --out already",
    )
    parser.add_argument(
        "--client", nargs="+", default=[], metavar="NAME", help="names of robots, for their keys"
    )


def run(options: argparse.Namespace) -> int:
    """Serve, join, simulate or make certificates.

    Raises:
        ConfigurationError: An option cannot be used, or Flower or PyTorch is not installed.
        HandTrackingError: Flower ended before its time, or something cannot be read or written.
    """
    require_at_least(options, rounds=1, clients=1, timeout=1, missions=1, seed=0)
    require_at_least(options, unseen=2, unseen_missions=1, seeds=1)
    _require_flower()
    if options.make_certificates:
        _make_certificates(options)
    elif options.serve:
        _serve(options)
    elif options.join:
        _join(options)
    else:
        require_at_least(options, simulate=2)
        _require_ray()
        _stop_when_told()
        require_writable(options.out, FILE, PICTURE)
        simulate(options, FederationOptions(strategy=options.strategy, rounds=options.rounds))
    return 0


def _make_certificates(options: argparse.Namespace) -> None:
    """Write certificates and keys; without --host the keys of further robots into the folder of a fleet."""
    from hand_tracking_dsp.rl.federated.certificates import make_certificates, make_client_key, server_files

    if options.host or not options.client or not options.out.exists():
        hosts = dict.fromkeys([*options.host, *_LOOPBACK]) if options.host else {}
        make_certificates(options.out, list(hosts), options.client)
    else:
        server_files(options.out)
        for name in options.client:
            make_client_key(options.out, name)
    print(f"Copy ca.crt and its own NAME.key from {options.out} to each robot; server.key stays here.")


def _serve(options: argparse.Namespace) -> None:
    from hand_tracking_dsp.rl.federated.certificates import server_files
    from hand_tracking_dsp.rl.federated.processes import ServerOptions, serve

    _require_safety(options)
    require_writable(options.out, "policy.json")
    bank, out = read_manifest(options.bank or default_bank()), options.out.absolute()
    files = None if options.insecure else server_files(options.certificates.absolute())
    settings: dict[str, str | int | float] = {
        "out": str(out),
        "bank": str(bank.folder.absolute()),
        "strategy": options.strategy,
        "rounds": options.rounds,
        "clients": options.clients,
        "timeout": options.timeout,
        "seed": options.seed,
    }
    print(f"Serving on {options.address}; Flower's log is {out / 'flower.log'}.", flush=True)
    _stop_when_told()
    serve(ServerOptions(options.address, out, files, settings))
    print(f"{out / 'policy.json'} is the policy after {options.rounds} rounds.")


def _join(options: argparse.Namespace) -> None:
    from hand_tracking_dsp.rl.federated.processes import ClientOptions, join

    _require_safety(options)
    if not options.insecure and not options.name:
        msg = "A robot says who it is by its key: give --name, as --make-certificates was given it."
        raise ConfigurationError(msg)
    require_writable(options.out, "device.json")
    bank, out = read_manifest(options.bank or default_bank()), options.out.absolute()
    device = read_device(options, bank)
    require_same_levels(device, bank)
    device.write(out / "device.json")
    safe = None if options.insecure else options.certificates.absolute()
    settings: dict[str, str | int | float] = {
        "name": options.name,
        "device": str(out / "device.json"),
        "bank": str(bank.folder.absolute()),
        "missions": options.missions,
        "work": str(out),
    }
    print(f"Learning for {options.join} until it is interrupted; see {out / 'flower.log'}.", flush=True)
    os.nice(_NICE)
    _stop_when_told()
    key = safe / f"{options.name}.key" if safe else None
    join(ClientOptions(options.join, out, safe / "ca.crt" if safe else None, key, settings))


def _stop_when_told() -> None:
    """Let SIGTERM end the command as Ctrl-C does, with all that it has started; a background job, too."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)


def _require_safety(options: argparse.Namespace) -> None:
    """Refuse an open port that nobody asked for.

    Raises:
        ConfigurationError: There are no certificates, and --insecure was not given, or both were.
    """
    if (options.certificates is None) != options.insecure:
        msg = (
            "A fleet speaks TLS: give --certificates DIR, as --make-certificates wrote it, or --insecure "
            "alone for an open port that takes whoever comes."
        )
        raise ConfigurationError(msg)


def _require_flower() -> None:
    """Check that Flower and PyTorch are installed.

    Raises:
        ConfigurationError: One is missing.
    """
    try:
        import hand_tracking_dsp.rl.federated.study  # noqa: F401 (only tried)
    except ImportError as error:
        msg = (
            f"A fleet needs Flower and PyTorch ({error}): run pip install -r requirements/fleet.in in a "
            "virtual environment of its own."
        )
        raise ConfigurationError(msg) from error


def _require_ray() -> None:
    """Check that Ray is installed, which Flower's simulation runs clients in.

    Raises:
        ConfigurationError: It is not.
    """
    if find_spec("ray") is None:
        msg = (
            "A simulated fleet needs Ray: run pip install -r requirements/fleet.in in a virtual environment "
            "of its own."
        )
        raise ConfigurationError(msg)
