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

"""Runs a node, or several, as a process until SIGINT or SIGTERM."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from hand_tracking_dsp.documents import visible
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.graph.log_folder import log_arguments
from hand_tracking_dsp.nodes.graph.names import SUPERVISED_VARIABLE

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_node(*make_nodes: Callable[[], ManagedNode]) -> int:
    """Run nodes until the process is asked to stop; errors in callbacks are logged and survived.

    The first SIGINT or SIGTERM stops the nodes in order, the second ends the process at once.

    Args:
        make_nodes: Classes of nodes, or functions that make them; each node gets a thread.

    Returns:
        Exit status: 0 after a signal, 2 where the ROS arguments are wrong.
    """
    # rclpy's own handlers would invalidate the context while worker threads still publish. Python's run
    # only once the executor returns, so a thread listens to the byte that each signal leaves in a socket.
    listener, ear = socket.socketpair()
    ear.setblocking(False)
    signal.set_wakeup_fd(ear.fileno(), warn_on_full_buffer=False)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    # OpenCV's threads would burn a part of a core between images, for work that is too small to share. Nodes
    # that do not use it have not imported it.
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(1)
    try:
        rclpy.init(args=[*sys.argv, *log_arguments()], signal_handler_options=SignalHandlerOptions.NO)
        nodes = [make_node() for make_node in make_nodes]
    except Exception as error:  # noqa: BLE001 (a wrong argument ends in one sentence)
        # Where in its sources rcl found it out helps nobody here.
        reason = re.sub(r",? at \S+\.(c|cpp|hpp):\d+", "", str(error))
        print(f"The node cannot start: {visible(reason)}", file=sys.stderr)
        return 2
    stop = threading.Event()
    wakes = [node.create_guard_condition(lambda: None) for node in nodes]

    def ask_to_stop() -> None:
        if not stop.is_set():
            stop.set()
            for wake in wakes:
                wake.trigger()

    threading.Thread(target=_await_signals, args=(listener, ask_to_stop), daemon=True).start()
    if os.environ.get(SUPERVISED_VARIABLE) == "1":
        threading.Thread(target=_await_parent, args=(ask_to_stop,), daemon=True).start()
    threads = [threading.Thread(target=_spin, args=(node, stop), name=node.get_name()) for node in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rclpy.shutdown()
    signal.set_wakeup_fd(-1)
    return 0


def _spin(node: ManagedNode, stop: threading.Event) -> None:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while rclpy.ok() and not stop.is_set():
        try:
            executor.spin_once()
        except Exception:  # noqa: BLE001 (nothing may end the node)
            node.get_logger().error(f"A callback failed.\n{traceback.format_exc()}")
    node.release()
    executor.shutdown()
    node.destroy_node()


def _await_signals(listener: socket.socket, ask_to_stop: Callable[[], None]) -> None:
    listener.recv(1)
    ask_to_stop()
    if again := listener.recv(1):  # nothing once the node has stopped and the socket is closed
        os._exit(128 + again[0])


def _await_parent(ask_to_stop: Callable[[], None]) -> None:
    while os.read(sys.stdin.fileno(), 1):  # not through a buffer, whose lock would bar the exit
        pass
    ask_to_stop()
