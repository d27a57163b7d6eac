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

"""Files around the code parse, agree with each other, and name no registry."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

import hand_tracking_dsp

ROOT = Path(__file__).parents[1]
YAMLS = [ROOT / ".pre-commit-config.yaml", ROOT / "CITATION.cff", *sorted((ROOT / ".github").rglob("*.yml"))]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
# Hosts of registries of packages and of images; CI takes those of the machine it runs on.
REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted\.org|ghcr\.io|docker\.io|nvcr\.io|quay\.io|packages\.ros\.org"
)


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: path.name)
def test_yaml_parses(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == hand_tracking_dsp.__version__
    assert citation["license"] == "Apache-2.0"


def test_continuous_integration_runs_every_check_and_every_distribution() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert {"run": ".ci/run"} in workflow["jobs"]["checks"]["steps"]
    ros = workflow["jobs"]["ros"]
    assert ros["strategy"]["matrix"]["distribution"] == ["humble", "jazzy", "kilted"]
    commands = "\n".join(step.get("run", "") for step in ros["steps"])
    for command in ("rosdep install", "colcon build", "colcon test"):
        assert command in commands


def test_pre_commit_runs_the_checks_of_make_lint() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repository["repo"] == "local"
    hooks = [hook["entry"].removeprefix("scripts/run ") for hook in repository["hooks"]]
    lint = MAKEFILE.partition("\nlint:")[2].partition("\n\n")[0]
    checks = re.findall(r"\$\(in_environment\) (.+)", lint)
    assert hooks == [check.removesuffix(" .") for check in checks]


def test_the_devcontainer_is_a_stage_of_the_dockerfile() -> None:
    folder = ROOT / ".devcontainer"
    build = json.loads((folder / "devcontainer.json").read_text(encoding="utf-8"))["build"]
    dockerfile = (folder / build["dockerfile"]).read_text(encoding="utf-8")
    assert f" AS {build['target']}\n" in dockerfile
    assert all(f"ARG {name}" in dockerfile for name in build["args"])


def test_no_file_names_a_registry() -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed: it lists the files to check")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is not a checkout of git, which lists the files to check")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in {".onnx", ".png", ".webp"} or not path.is_file() or path == Path(__file__):
            continue
        assert not REGISTRIES.search(path.read_text(encoding="utf-8", errors="ignore")), name
