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

"""HTML pages that work offline: one file, without scripts and without anything from outside."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hand_tracking_dsp.documents import visible_lines
from hand_tracking_dsp.files import write_text

_SHARED = Path(__file__).with_name("templates")
_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


def write_page(template: Path, path: Path, **values: Any) -> None:  # noqa: ANN401 (whatever a template shows)
    """Fill in a template that extends base.html, and write the page.

    Args:
        template: Path of the template; its blocks fill those of templates/base.html.
        path: Path of the page.
        **values: Values of the template; base.html needs title, intro, not_measured and how.

    Raises:
        OutputError: The page cannot be written.
    """
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader([template.parent, _SHARED]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible_lines(value) if type(value) is str else value,
    )
    write_text(path, environment.get_template(template.name).render(**values))


def data_uri(data: bytes, suffix: str = ".png") -> str:
    """Return the content of a picture's file (.png or .jpg) as the source of an img element."""
    return f"data:{_TYPES[suffix]};base64,{base64.b64encode(data).decode()}"
