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

"""Conventions of the code that no linter holds; CONTRIBUTING.md states them."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "hand_tracking_dsp"
MODULES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}

LONGEST_FILE = 300
LONGEST_FUNCTION = 60
QUESTIONS = ("What", "How", "Where", "Which", "Whether")


def nodes(*kinds: type[ast.AST]) -> list[tuple[Path, ast.AST]]:
    """Give all nodes of some kinds with the modules that they are in."""
    return [
        (path, node) for path, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, kinds)
    ]


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}: {getattr(node, 'name', 'module')}"


def test_no_class_name_is_used_twice() -> None:
    places = defaultdict(list)
    for path, node in nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        places[node.name].append(place(path, node))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_file_is_too_long() -> None:
    # Without the copyright lines, which end with the first empty one.
    texts = {path: path.read_text(encoding="utf-8").partition("\n\n")[2] for path in MODULES}
    lengths = {path: len(text.splitlines()) for path, text in texts.items()}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_source_file_begins_with_the_copyright_lines() -> None:
    command = [sys.executable, str(ROOT / "tools/add_copyright.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_no_function_is_too_long() -> None:
    long = []
    for path, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION:
            long.append(place(path, node))
    assert long == []


@pytest.mark.parametrize("word", QUESTIONS)
def test_summaries_begin_with_a_verb_or_a_noun(word: str) -> None:
    wrong = []
    for path, node in nodes(ast.Module, ast.ClassDef, ast.FunctionDef):
        assert isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        if (ast.get_docstring(node) or "").split(" ", 1)[0] == word:
            wrong.append(place(path, node))
    assert wrong == []


def test_tests_mirror_the_rooms() -> None:
    rooms = {path.parent.relative_to(PACKAGE) for path in MODULES}
    # What is no room of the package, and the nodes whose tests fill several files.
    own = {Path("launch"), Path("tools"), Path("nodes/gestures")}
    own |= {path.relative_to(ROOT) for path in (ROOT / "tools").iterdir() if path.is_dir()}
    own |= {Path("nodes") / module.stem for module in (PACKAGE / "nodes").glob("*_node.py")}
    here = {path.parent.relative_to(ROOT / "test") for path in (ROOT / "test").rglob("test_*.py")}
    assert here <= rooms | own


def test_conftests_do_not_hide_why_an_import_failed() -> None:
    hiding = [
        place(path, node)
        for path in (ROOT / "test").rglob("conftest.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.With, ast.ExceptHandler))
        and "ImportError" in ast.unparse(node).split("\n")[0]
    ]
    assert hiding == [], "ask find_spec whether the library is there; what fails then has to be seen"


def test_every_skip_says_why() -> None:
    silent = []
    for path in (ROOT / "test").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "skip" in text else ():
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            said = any(keyword.arg == "reason" for keyword in node.keywords)
            if name == "pytest.skip":
                said = said or bool(node.args)
            elif name not in ("pytest.importorskip", "pytest.mark.skipif", "pytest.mark.skip"):
                continue
            if not said:
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert silent == []


def test_tests_import_no_relative_names() -> None:
    relative = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "test").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == [], "pytest 6.2 (Humble) imports tests as modules of no package: use test/support"
