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

"""Photos of a folder as a recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from hand_tracking_dsp.cameras.folder import list_images, passed_over, read_image
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.recordings.labels import Truth
from hand_tracking_dsp.recordings.recording import RecordedFrame, count_problem

# Photos have no stamps; only differences count.
_INTERVAL_NS = 1_000_000_000


class FolderRecording:
    """Recording of the pictures in a folder (see list_images), by name, each on its own.

    The hands in a picture that the truth does not name are not known.

    Raises:
        SourceError: The folder cannot be read or holds no picture, or the truth names none of them.
    """

    def __init__(self, folder: Path, truth: Truth | None = None, images: ImageOptions | None = None) -> None:
        self.still = True
        self.problems: Counter[str] = Counter()
        self._folder = folder
        self._images = images
        self._truth = truth or {}
        self._paths = list_images(folder)
        if others := passed_over(folder):
            self.problems[others] += 1
        missing = self._truth.keys() - {self._key(path) for path in self._paths}
        if truth and len(missing) == len(truth):
            msg = (
                f"None of the {len(self._paths)} pictures in {folder} is named in the "
                f"truth (it begins with {next(iter(truth))}): paths count from that folder."
            )
            raise SourceError(msg)
        if missing:
            self.problems[f"a picture of the truth is not in the folder ({min(missing)})"] += len(missing)

    def count(self) -> int:
        """Return the number of pictures."""
        return len(self._paths)

    def frames(self) -> Iterator[RecordedFrame]:
        """Give the pictures in the order of their names."""
        for index, path in enumerate(self._paths):
            start = perf_counter()
            image, problem = None, ""
            try:
                image = read_image(path, self._images)
            except FrameError as error:
                problem = str(error)
                count_problem(self.problems, problem)
            stamp_ns = (index + 1) * _INTERVAL_NS
            yield RecordedFrame(
                index,
                self._key(path),
                stamp_ns,
                stamp_ns,
                image,
                problem,
                conversion_ms=(perf_counter() - start) * 1e3,
                truth=self._truth.get(self._key(path)),
            )

    def _key(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()
