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

"""package.xml, CMakeLists.txt, setup.py, the locks and the installed tree tell one story."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from ament_index_python.packages import get_package_prefix

import hand_tracking_dsp

ROOT = Path(__file__).parent.parent
MANIFEST = ET.parse(ROOT / "package.xml").getroot()  # noqa: S314 (our own file)
NOT_ON_PYPI = {"launch", "launch_ros"}
# rosdep's keys of libraries whose module has another name; the others are python3-<module>.
KEYS = {"cv2": "python3-opencv", "yaml": "python3-yaml", "onnxruntime": "python3-onnxruntime-pip"}
# Used where they are installed; docs/installation.md says what for.
OPTIONAL = {
    "ai_edge_litert", "cryptography", "dask", "distributed", "flatbuffers", "flwr", "gymnasium", "lz4",
    "mcap", "mediapipe", "onnx", "openvino", "optuna", "pynvml", "rerun", "rosbags", "sb3_contrib",
    "stable_baselines3", "tflite", "torch", "torch_pruning", "zstandard",
}  # fmt: skip


def imports(*patterns: str) -> set[str]:
    """Return the top-level names that the files import, but the standard library's and our own."""
    names = set()
    for file in (file for pattern in patterns for file in ROOT.glob(pattern)):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.split(".")[0])
    ours = {"hand_tracking_dsp", "support"} | {path.stem for path in (ROOT / "tools").iterdir()}
    return names - sys.stdlib_module_names - ours


def is_ros_package(name: str) -> bool:
    return bool(re.search(r"_(msgs|srvs|interfaces)$", name)) or name in NOT_ON_PYPI | {"rclpy"}


def imported_ros_packages() -> set[str]:
    return {name for name in imports("hand_tracking_dsp/**/*.py", "launch/*.py") if is_ros_package(name)}


def rosdep_key(name: str) -> str:
    if is_ros_package(name) or name == "ament_index_python":
        return name
    return KEYS.get(name, f"python3-{name}")


def depends(*kinds: str) -> set[str]:
    return {element.text or "" for element in MANIFEST if element.tag in kinds}


def requirements(name: str) -> set[str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return {found.lower() for found in re.findall(r"^([A-Za-z][\w-]*)", text, re.MULTILINE)}


def test_the_version_is_the_same_everywhere() -> None:
    version = hand_tracking_dsp.__version__
    assert MANIFEST.findtext("version") == version
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d\S*)", changes, re.MULTILINE)[0] == version
    command = [sys.executable, "setup.py", "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == version


def test_package_xml_names_what_is_imported_and_nothing_else() -> None:
    used = {rosdep_key(name) for name in imports("hand_tracking_dsp/**/*.py", "launch/*.py") - OPTIONAL}
    # The generated messages need it.
    assert used | {"rosidl_default_runtime"} == depends("depend", "exec_depend")


def test_package_xml_names_what_the_tests_need_besides() -> None:
    names = imports("hand_tracking_dsp/**/*.py", "launch/*.py", "test/**/*.py", "tools/**/*.py")
    used = {rosdep_key(name) for name in names - OPTIONAL - {"PIL"}}
    # pytest's plugins, and what rosdep has of what is optional for users.
    plugins = {"ament_cmake_pytest", "python3-pytest-timeout", "python3-rosbags-pip"}
    assert (used | plugins) - depends("depend", "exec_depend") - {"rosidl_default_runtime"} == depends(
        "test_depend"
    )


def test_the_maintainers_address_can_exist() -> None:
    address = MANIFEST.find("maintainer").attrib["email"]
    assert re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", address)
    assert not re.search(r"\.(invalid|example|test|localhost)$|@example\.", address)


def test_setup_py_and_package_xml_require_the_same_libraries() -> None:
    text = (ROOT / "setup.py").read_text(encoding="utf-8")
    required = set(re.findall(r'"([\w-]+)"', re.search(r"install_requires=\[(.*?)\]", text, re.DOTALL)[1]))
    keys = {name for name in depends("exec_depend") if name.startswith("python3-")}
    renamed = {
        "opencv-python-headless": "python3-opencv",
        "pyyaml": "python3-yaml",
        "onnxruntime": KEYS["onnxruntime"],
    }
    # Reports and plots are an extra for pip.
    reports = {"python3-jinja2", "python3-matplotlib", "python3-scipy"}
    assert {renamed.get(name, f"python3-{name}") for name in required} | reports == keys


def test_the_lock_from_pypi_names_every_ros_package_that_is_imported() -> None:
    wheels = {f"ros-{name.replace('_', '-')}" for name in imported_ros_packages() - NOT_ON_PYPI}
    assert wheels - requirements("ros.in") == set()


def test_every_message_is_built() -> None:
    built = set(re.findall(r"msg/\w+\.msg", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")))
    assert built == {f"msg/{path.name}" for path in (ROOT / "msg").iterdir()}


def test_programs_are_installed_where_ros2_run_looks() -> None:
    programs = sorted(Path(get_package_prefix("hand_tracking_dsp"), "lib/hand_tracking_dsp").iterdir())
    assert [program.name for program in programs] == [
        "camera_node",
        "composed_nodes",
        "flow_watch",
        "gesture_node",
        "gesture_teleop_node",
        "gesture_trigger_node",
        "hand-tracking-dsp",
        "hand_tracker_node",
        "power_node",
        "pruning_controller_node",
    ]
    assert all(os.access(program, os.X_OK) for program in programs)


def test_the_command_starts_from_the_path() -> None:
    done = subprocess.run(["hand-tracking-dsp", "--help"], capture_output=True, text=True, check=True)
    assert "COMMAND" in done.stdout


@pytest.mark.parametrize(
    ("lock", "sources"),
    [
        ("pypi.lock", ["ros.in", "runtime.in", "dev.in"]),
        ("robot.lock", ["robot.in", "dev.in"]),
        ("mediapipe.lock", ["mediapipe.in"]),
    ],
)
def test_a_lock_pins_every_package_that_is_asked_for(lock: str, sources: list[str]) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert set().union(*map(requirements, sources)) - requirements(lock) == set()
    assert all("==" in line for line in text.splitlines() if re.match("[a-z]", line))


@pytest.mark.parametrize("lock", ["pypi.lock", "robot.lock", "mediapipe.lock"])
def test_a_lock_names_no_registry(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links", text)
