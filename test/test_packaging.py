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
DEPENDENCIES = {element.text for element in MANIFEST if element.tag.endswith("depend")}
NOT_ON_PYPI = {"cv_bridge", "launch", "launch_ros"}


def imported_ros_packages() -> set[str]:
    names = set()
    for file in (*ROOT.glob("hand_tracking_dsp/**/*.py"), *ROOT.glob("launch/*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.split(".")[0])
    return {
        name
        for name in names
        if re.search(r"_(msgs|srvs|interfaces)$", name) or name in NOT_ON_PYPI | {"rclpy"}
    }


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


def test_package_xml_names_every_ros_package_that_is_imported() -> None:
    assert imported_ros_packages() - DEPENDENCIES == set()


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
