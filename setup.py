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

"""The Python package for pip: everything but the ROS 2 messages, which `colcon build` makes."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
NAME = "hand_tracking_dsp"


def version() -> str:
    """Return the version that hand_tracking_dsp/__init__.py states."""
    text = (ROOT / NAME / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if found is None:
        message = f"{NAME}/__init__.py states no __version__; add it."
        raise RuntimeError(message)
    return found[1]


def shared_files() -> list[tuple[str, list[str]]]:
    """Return the files of config/, launch/, models/ and msg/ with the folders of share/ they go to."""
    files = [
        path.relative_to(ROOT)
        for folder in ("config", "launch", "models", "msg")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    ]
    return [(f"share/{NAME}/{path.parent}", [str(path)]) for path in files]


setup(
    name=NAME,
    version=version(),
    description="Tracks hands on ROS 2 and spends only as much computation as the moment allows",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE", "NOTICE"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Image Recognition",
    ],
    python_requires=">=3.10",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={NAME: ["py.typed", "**/*.html", "cameras/mesh/data/*"]},
    data_files=shared_files(),
    entry_points={"console_scripts": ["hand-tracking-dsp = hand_tracking_dsp.cli:main"]},
    install_requires=[
        "argcomplete",
        "numpy",
        "onnxruntime",
        "opencv-python-headless",
        "pyyaml",
        "rich",
    ],
    extras_require={
        "ros": [
            "ros-rclpy[fastrtps]",
            "ros-diagnostic-msgs",
            "ros-geometry-msgs",
            "ros-sensor-msgs",
            "ros-std-msgs",
            "ros-std-srvs",
            "ros-visualization-msgs",
        ],
        # On aarch64 its wheels come from NVIDIA; see docs/installation.md.
        "gpu": ["nvidia-ml-py", "onnxruntime-gpu; platform_machine == 'x86_64'"],
        "openvino": ["openvino"],
        "lab": [
            "ai-edge-litert",
            "gymnasium",
            "jinja2",
            "matplotlib",
            "mcap",
            "onnx",
            "optuna",
            "rosbags",
            "sb3-contrib",
            "scipy",
            "stable-baselines3",
            "tflite",
            "torch",
            "torch-pruning",
        ],
        "evaluation": ["jinja2", "matplotlib", "mcap", "rosbags", "scipy"],
        "cluster": ["distributed"],
        # The page of `view`; its wheel is of 170 MB.
        "view": ["mcap", "rerun-sdk>=0.41; python_version >= '3.11'", "rosbags"],
        # Later versions open the Control API, which starts programs, on the port that robots reach.
        "fleet": ["cryptography", "flwr[simulation]<1.33", "onnx", "torch"],
    },
)
