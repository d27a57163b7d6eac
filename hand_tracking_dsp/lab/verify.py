"""Compares a bank's networks with the TensorFlow Lite files they were made from, and times them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from hand_tracking_dsp.errors import BackendError
from hand_tracking_dsp.lab.mediapipe_bank import HANDS, PALMS, Original
from hand_tracking_dsp.tracking.backends import BACKENDS, RuntimeOptions, open_session
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.geometry import crop, network_input, region_from_palm
from hand_tracking_dsp.tracking.manifest import read_manifest, read_network
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
"""What a Latency calls the TensorFlow Lite interpreter (XNNPACK), the original's runtime."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """The largest difference of one output over all inputs.

    Attributes:
        file: The ONNX file.
        provider: Backend and execution provider.
        output: Name of the output.
        value: Largest absolute difference, in the unit of LIMITS.
        samples: Number of inputs compared.
    """

    file: str
    provider: str
    output: str
    value: float
    samples: int

    @property
    def accepted(self) -> bool:
        """Whether it lies within LIMITS; a NaN does not."""
        return self.value <= LIMITS[self.output][0]


@dataclass(frozen=True, slots=True)
class Latency:
    """What one run of a network took.

    Attributes:
        file: The ONNX file.
        provider: Backend and execution provider.
        threads: Threads it was given.
        p50_ms: Median.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        runs: Number of runs.
    """

    file: str
    provider: str
    threads: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    runs: int


def installed_backends() -> tuple[str, ...]:
    """Name the inference backends that can be loaded here."""
    found = []
    for backend in BACKENDS:
        try:
            open_session(b"", "probe", RuntimeOptions(backend=backend))
        except BackendError as error:
            if "cannot be loaded" in str(error):
                continue
        found.append(backend)
    return tuple(found)


def compare(
    bank: Path, originals: dict[str, bytes], images: Sequence[Image], random_samples: int, seed: int = 0
) -> Iterator[Deviation]:
    """Compare every network on every backend with its original, on noise and on images.

    Args:
        bank: Folder of the bank of MediaPipe's networks.
        originals: The .tflite files by their path in MediaPipe's wheel.
        images: uint8 [height, width, 3], BGR.
        random_samples: Number of inputs of uniform noise, at least 1.
        seed: Of the noise and of the regions.

    Raises:
        ModelError: The bank is wrong, or its networks are not MediaPipe's.
        BackendError: A backend refuses a network.
    """
    manifest = read_manifest(bank)
    infos = {info.file: info for info in (*manifest.levels, *manifest.detectors)}
    detector = PalmDetector.load(bank)
    regions = [region for image in images for region in _regions(image, detector)]
    inputs = {
        HANDS[0].contract: [network_input(crop(image, region, 224), "bgr") for image, region in regions],
        PALMS[0].contract: [network_input(letterboxed(image), "bgr") for image in images],
    }
    for original in (*HANDS, *PALMS):
        rng = np.random.default_rng(seed)
        noise = (rng.random(original.contract.input_shape, dtype=np.float32) for _ in range(random_samples))
        samples = [*noise, *inputs[original.contract]]
        expected = _reference(originals[original.member], samples)
        network = read_network(manifest, infos[original.file])
        for backend in installed_backends():
            session = open_session(network, original.file, RuntimeOptions(backend=backend))
            yield from _deviations(original, session, samples, expected)


def time_networks(
    bank: Path, originals: dict[str, bytes], runtimes: Sequence[RuntimeOptions], runs: int
) -> Iterator[Latency]:
    """Time every network of a bank, in turn with its original, so that all meet the same load.

    Args:
        bank: Folder of the bank of MediaPipe's networks.
        originals: The .tflite files by their path in MediaPipe's wheel; timed with the first runtime's
            threads.
        runtimes: How to run the networks, at least one.
        runs: Runs of each, at least 1.

    Raises:
        ModelError: The bank is wrong.
        BackendError: A backend refuses a network.
    """
    manifest = read_manifest(bank)
    infos = {info.file: info for info in (*manifest.levels, *manifest.detectors)}
    threads = runtimes[0].threads
    for original in (*HANDS, *PALMS):
        network = read_network(manifest, infos[original.file])
        sessions = [open_session(network, original.file, options) for options in runtimes]
        image = np.full(original.contract.input_shape, 0.5, dtype=np.float32)
        interpreter = _interpreter(originals[original.member], threads)
        _feed(interpreter, image)
        calls: dict[tuple[str, int], Callable[[], object]] = {(TFLITE, threads): interpreter.invoke}
        for session, options in zip(sessions, runtimes, strict=True):
            calls[session.provider, options.threads] = partial(session.run, image)
        times_ms = np.array([[_timed_ms(call) for call in calls.values()] for _ in range(runs + 3)])
        for (provider, count), column in zip(calls, times_ms[3:].T, strict=True):
            p50, p95, p99 = (round(float(value), 3) for value in np.percentile(column, [50, 95, 99]))
            yield Latency(original.file, provider, count, p50, p95, p99, runs)


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


def _timed_ms(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return (perf_counter() - start) * 1e3
