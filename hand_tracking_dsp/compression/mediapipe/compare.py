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

"""Compares the networks of MediaPipe's bank with the TensorFlow Lite files they were made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from hand_tracking_dsp.compression.bank.files import read_float_network
from hand_tracking_dsp.compression.bank.verify import runtimes_here
from hand_tracking_dsp.compression.mediapipe.bank import HANDS, PALMS, Original
from hand_tracking_dsp.tracking.backends import open_session
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.contract import FLOAT_INPUT
from hand_tracking_dsp.tracking.geometry import crop, region_from_palm
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_input import network_input
from hand_tracking_dsp.tracking.palm import PalmDetector, letterboxed
from hand_tracking_dsp.tracking.types import Floats, Image, Region

LIMITS: dict[str, tuple[float, str]] = {
    "landmarks": (1e-3, "px"),
    "presence": (1e-4, "probability"),
    "handedness": (1e-4, "probability"),
    "world_landmarks": (1e-5, "m"),
    "boxes": (1e-3, "px"),
    "scores": (1e-3, "logit"),
}
"""Largest difference allowed between a network and its original, and its unit, by output."""

TFLITE = "tflite/CPU"
"""Name of the TensorFlow Lite interpreter (XNNPACK), the originals' runtime, as provider."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Largest absolute difference of one output over so many inputs, in the unit of LIMITS."""

    file: str
    provider: str
    output: str
    value: float
    samples: int

    @property
    def accepted(self) -> bool:
        """True if it lies within LIMITS; a NaN does not."""
        return self.value <= LIMITS[self.output][0]


def compare(
    bank: Manifest, originals: dict[str, bytes], images: Sequence[Image], random_samples: int, seed: int = 0
) -> Iterator[Deviation]:
    """Compare every network on every backend with its original, on noise and on images.

    Args:
        bank: Bank of MediaPipe's networks.
        originals: .tflite files by their path in MediaPipe's wheel.
        images: uint8 [height, width, 3], BGR.
        random_samples: Number of inputs of uniform noise, at least 1.
        seed: Seed of the noise.

    Raises:
        ModelError: A network is missing, or is not MediaPipe's.
        BackendError: A backend refuses a network.
    """
    infos = {info.file: info for info in bank.networks}
    detector = PalmDetector.load(bank, "full")
    regions = [region for image in images for region in _regions(image, detector)]
    inputs = {
        HANDS[0].contract: [network_input(crop(image, region, 224), "bgr") for image, region in regions],
        PALMS[0].contract: [network_input(letterboxed(image), "bgr") for image in images],
    }
    for original in (*HANDS, *PALMS):
        rng = np.random.default_rng(seed)
        shape = original.contract.input(FLOAT_INPUT).shape
        noise = (rng.random(shape, dtype=np.float32) for _ in range(random_samples))
        samples = [*noise, *inputs[original.contract]]
        expected = _reference(originals[original.member], samples)
        network = read_float_network(bank, infos[original.file])
        for runtime in runtimes_here():
            session = open_session(network, original.file, runtime)
            yield from _deviations(original, session, samples, expected)


def original_calls(
    bank: Manifest, originals: dict[str, bytes], threads: int
) -> dict[tuple[str, str], Callable[[], object]]:
    """Open the original of every network, by its path in MediaPipe's wheel, to be timed beside it.

    Returns:
        One run each, by the ONNX file it became and the name of the runtime.
    """
    ours = {info.file for info in bank.networks}
    calls: dict[tuple[str, str], Callable[[], object]] = {}
    for original in (*HANDS, *PALMS):
        if original.file in ours:
            interpreter = _interpreter(originals[original.member], threads)
            shape = original.contract.input(FLOAT_INPUT).shape
            _feed(interpreter, np.full(shape, 0.5, dtype=np.float32))
            calls[original.file, TFLITE] = interpreter.invoke
    return calls


def _regions(image: Image, detector: PalmDetector) -> list[tuple[Image, Region]]:
    """Regions as the tracker would cut them; the middle of the image where it shows no palm."""
    palms = detector.detect(image, "bgr")
    if palms:
        return [(image, region_from_palm(palm)) for palm in palms]
    height, width = image.shape[:2]
    return [(image, Region(width / 2, height / 2, min(height, width), 0.0))]


def _reference(data: bytes, samples: Sequence[Floats]) -> list[list[Floats]]:
    """Run the TensorFlow Lite interpreter."""
    interpreter = _interpreter(data, threads=1)
    results = []
    for sample in samples:
        _feed(interpreter, sample)
        interpreter.invoke()
        results.append(
            [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]
        )
    return results


def _interpreter(data: bytes, threads: int) -> Interpreter:
    # Without a number of threads the interpreter chooses one itself.
    interpreter = Interpreter(model_content=data, num_threads=threads or None)
    interpreter.allocate_tensors()
    return interpreter


def _feed(interpreter: Interpreter, image: Floats) -> None:
    source = interpreter.get_input_details()[0]["index"]
    interpreter.set_tensor(source, np.ascontiguousarray(image.transpose(0, 2, 3, 1)))


def _deviations(
    original: Original, session: Session, samples: Sequence[Floats], expected: list[list[Floats]]
) -> Iterator[Deviation]:
    found = [session.run(sample) for sample in samples]
    for index, (output, _) in enumerate(original.contract.outputs):
        differences = [
            np.abs(ours[index] - theirs[index]).max() for ours, theirs in zip(found, expected, strict=True)
        ]
        yield Deviation(original.file, session.provider, output, float(np.max(differences)), len(samples))
