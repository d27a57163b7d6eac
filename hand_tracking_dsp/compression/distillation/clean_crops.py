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

"""Clean crops with the teacher's labels, kept on the device that trains; students see them changed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from torch import Tensor

from hand_tracking_dsp.compression.data.augment import Augmentation
from hand_tracking_dsp.compression.data.picture_pack import SIDE_PX, PackedPicture, PictureKind
from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.batch_geometry import (
    DEGREE,
    Atlas,
    mirrored_points,
    to_other_crop,
)
from hand_tracking_dsp.compression.distillation.network import FEATURES, OnnxNetwork
from hand_tracking_dsp.compression.distillation.samples import Labels
from hand_tracking_dsp.compression.distillation.teacher import Teacher
from hand_tracking_dsp.hand import JOINT_COUNT, Joint

WEIGHT = "weight"
"""Name of the label that says how much a sample's joints count, 0 to 1."""

_VIEWS = 2
_SHIFT, _SCALE, _TURN_DEG, _LIGHT = 0.025, 0.05, 5.0, 0.25
_UNSURE_PERCENT = 4.0
"""Disagreement of the teacher with itself, % of palm, at which a sample counts half."""

_AGREES_PERCENT, _DIFFERS_PERCENT = 8.0, 25.0
"""Distance of the teacher from exact joints up to which its labels count; beyond the second the exact do."""


@dataclass(slots=True)
class CleanCrops:
    """Crops and labels on a device.

    Attributes:
        images: uint8 [n, 3, 224, 224], RGB.
        labels: As samples.Labels, float32 [n, …], and the weight, float32 [n]. Presence is 0 and the joints
            count nothing where there is no hand.
    """

    images: Tensor
    labels: dict[str, Tensor]

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, numbers: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Take some samples: float32 [n, 3, 224, 224], 0 to 1, and their labels."""
        return self.images[numbers].float() / 255, {
            name: values[numbers].float() for name, values in self.labels.items()
        }

    @staticmethod
    def of(parts: Sequence[CleanCrops]) -> CleanCrops:
        """Put several together."""
        return CleanCrops(
            torch.cat([part.images for part in parts]),
            {name: torch.cat([part.labels[name] for part in parts]) for name in parts[0].labels},
        )


class DeviceTeacher:
    """Dense network that labels batches on a device.

    Args:
        model: Landmark network that keeps the contract.
        device: Where it runs: on a CPU in ONNX Runtime, which is several times faster there than PyTorch.
    """

    def __init__(self, model: onnx.ModelProto, device: str) -> None:
        self._network = OnnxNetwork(model).eval().to(device)
        self._single = Teacher(model) if device == "cpu" else None
        self.device = device

    @torch.no_grad()
    def label(self, images: Tensor) -> dict[str, Tensor]:
        """Label crops, float [n, 3, 224, 224], 0 to 1: as samples.Labels, without exact joints."""
        if self._single:
            found = self._single.label_inputs(images.numpy())
            return {name: torch.from_numpy(values) for name, values in found.items()}
        outputs = self._network(images)
        labels = {name: outputs[name].float() for name in ("landmarks", "world_landmarks", FEATURES)}
        labels |= {name: outputs[name].float().flatten() for name in ("presence", "handedness")}
        labels[FEATURES] = labels[FEATURES].half()
        return labels


class HandCutter:
    """Cuts hands out of packed pictures, a little beside their regions, and labels them.

    Each source's share grows with the square root of its size.

    Args:
        pictures: Packed pictures; those of hands are used.
        teacher: Dense network.
        options: Shift, scale and rotation of the regions.
    """

    def __init__(
        self, pictures: Sequence[PackedPicture], teacher: DeviceTeacher, options: Augmentation | None = None
    ) -> None:
        hands = [picture for picture in pictures if picture.kind is PictureKind.HAND]
        self._atlas, self._regions = _atlas_of(hands, teacher.device)
        self._teacher, self._options = teacher, options or Augmentation()
        sources = [picture.source for picture in hands]
        chances = np.array([1 / math.sqrt(sources.count(source)) for source in sources])
        self._chances = chances / chances.sum()

    def cut(self, count: int, draw: Draw) -> CleanCrops:
        """Cut out so many hands."""
        numbers = draw.numbers(draw.cpu.choice(len(self._chances), count, p=self._chances))
        options, best = self._options, self._regions[numbers]
        turn = draw.normal(options.turn_deg * DEGREE, count)
        far = draw.uniform(0, 1, count) < options.far_turn
        turn = torch.where(far, draw.uniform(-60 * DEGREE, 60 * DEGREE, count), turn)
        regions = _beside(
            best, draw.normal(options.shift, count, 2).clamp(-0.2, 0.2), options.scale, turn, draw
        )
        mirrored = draw.uniform(0, 1, count) < options.mirrored
        images = self._atlas.cut(numbers, regions, mirrored)
        labels = self._teacher.label(images)
        points = [labels["landmarks"].view(count, JOINT_COUNT, 3)[..., :2]]
        for _ in range(_VIEWS):
            other = _beside(
                regions, draw.normal(_SHIFT, count, 2), _SCALE, draw.normal(_TURN_DEG * DEGREE, count), draw
            )
            light = draw.normal(_LIGHT, count, 1, 1, 1).exp()
            seen = self._teacher.label(self._atlas.cut(numbers, other, mirrored).clamp(min=1e-4) ** light)
            found = seen["landmarks"].view(count, JOINT_COUNT, 3)[..., :2]
            plain = torch.where(mirrored[:, None, None], mirrored_points(found), found)
            back = to_other_crop(plain, other, regions)
            points.append(torch.where(mirrored[:, None, None], mirrored_points(back), back))
        return _labelled(images, labels, torch.stack(points))


class EmptyCutter:
    """Cuts crops without a hand out of packed pictures.

    Args:
        pictures: Packed pictures; those without a hand and those beside hands are used. Of the latter, crops
            that the teacher takes for a hand are left away.
        teacher: Dense network.
    """

    def __init__(self, pictures: Sequence[PackedPicture], teacher: DeviceTeacher) -> None:
        chosen = [p for p in pictures if p.kind in (PictureKind.EMPTY, PictureKind.BESIDE)]
        self._atlas, self._regions = _atlas_of(chosen, teacher.device)
        self._sure = torch.tensor([p.kind is PictureKind.EMPTY for p in chosen], device=teacher.device)
        self._teacher = teacher
        sources = [picture.source for picture in chosen]
        chances = np.array([1 / math.sqrt(sources.count(source)) for source in sources])
        self._chances = chances / chances.sum()

    def cut(self, count: int, draw: Draw) -> CleanCrops:
        """Cut out so many crops, or fewer where the teacher is in doubt."""
        numbers = draw.numbers(draw.cpu.choice(len(self._chances), count, p=self._chances))
        sure, candidate = self._sure[numbers], self._regions[numbers]
        wide = draw.uniform(0, 1, count) < 0.3
        turn = torch.where(wide, draw.uniform(-math.pi, math.pi, count), draw.normal(0.35, count))
        size = torch.where(sure, draw.uniform(0.3, 1.15, count), draw.uniform(0.6, 0.95, count)) * SIDE_PX
        # Beside hands the crop stays inside, because the hand may be just outside.
        room = torch.where(sure, torch.full_like(size, 0.4 * SIDE_PX), ((SIDE_PX - size) / 2).clamp(min=0))
        middle = SIDE_PX / 2 + draw.uniform(-1, 1, count, 2) * room[:, None]
        anywhere = torch.cat([middle, size[:, None], turn[:, None]], 1)
        near = _beside(candidate, draw.normal(0.08, count, 2), 0.15, draw.normal(0.3, count), draw)
        fired = (~candidate[:, 2].isnan()) & (draw.uniform(0, 1, count) < 0.6)
        regions = torch.where(fired[:, None], near, anywhere)
        images = self._atlas.cut(numbers, regions, draw.uniform(0, 1, count) < 0.5)
        labels = self._teacher.label(images)
        kept = sure | (labels["presence"] < 0.5)
        labels["presence"] = torch.zeros_like(labels["presence"])
        labels["handedness"] = torch.full_like(labels["handedness"], 0.5)
        labels[WEIGHT] = torch.zeros_like(labels["presence"])
        return CleanCrops(_bytes(images[kept]), {name: values[kept] for name, values in labels.items()})


def label_rendered(images: np.ndarray, exact: Labels, teacher: DeviceTeacher) -> CleanCrops:
    """Label rendered hands with the teacher's outputs where it is right, else with the exact ones.

    Args:
        images: uint8 [n, 224, 224, 3], RGB.
        exact: Labels as rendered_hands gives them.
        teacher: Dense network.
    """
    pixels = torch.from_numpy(images).to(teacher.device).permute(0, 3, 1, 2)
    labels = teacher.label(pixels.float() / 255)
    true = {name: torch.from_numpy(np.asarray(exact[name])).to(teacher.device).float() for name in exact}
    found, known = (x["landmarks"].view(-1, JOINT_COUNT, 3) for x in (labels, true))
    palm = _palm(known).clamp(min=12.0)
    percent = 100 * (found - known)[..., :2].norm(dim=2).mean(1) / palm
    share = ((_DIFFERS_PERCENT - percent) / (_DIFFERS_PERCENT - _AGREES_PERCENT)).clamp(0, 1)
    share = (share * labels["presence"])[:, None]
    for name in ("landmarks", "world_landmarks"):
        labels[name] = share * labels[name] + (1 - share) * true[name]
    labels["presence"], labels["handedness"] = true["presence"], true["handedness"]
    labels[WEIGHT] = torch.ones_like(labels["presence"])
    return CleanCrops(pixels.contiguous(), labels)


def in_parts(
    cutter: HandCutter | EmptyCutter, count: int, draw: Draw, part: int = 512
) -> Iterator[CleanCrops]:
    """Cut so many crops, a part at a time."""
    for start in range(0, count, part):
        yield cutter.cut(min(part, count - start), draw)


def _atlas_of(pictures: Sequence[PackedPicture], device: str) -> tuple[Atlas, Tensor]:
    """Decode pictures; return them with their regions, float32 [n, 4], NaN where there is none."""
    images = [picture.read() for picture in pictures]
    regions = [
        [math.nan] * 4
        if (r := picture.region) is None
        else [r.x * scale, r.y * scale, r.size * scale, r.rotation]
        for picture, scale in ((p, SIDE_PX / len(i)) for p, i in zip(pictures, images, strict=True))
    ]
    return Atlas(images, device), torch.tensor(regions, device=device)


def _beside(regions: Tensor, shift: Tensor, scale: float, turn: Tensor, draw: Draw) -> Tensor:
    """Shift, scale and turn regions, [n, 4], as augment.jittered does."""
    size = regions[:, 2:3]
    factor = draw.normal(scale, len(regions)).clamp(-math.log(1.6), math.log(1.6)).exp()[:, None]
    return torch.cat([regions[:, :2] + shift * size, size * factor, regions[:, 3:] + turn[:, None]], 1)


def _labelled(images: Tensor, labels: dict[str, Tensor], points: Tensor) -> CleanCrops:
    """Take the mean of the teacher's views, [views, n, 21, 2], the first twice, and weigh by their spread."""
    mean = (points.sum(0) + points[0]) / (len(points) + 1)
    palm = _palm(points[0]).clamp(min=12.0)
    spread = 100 * (points - mean).norm(dim=3).mean(2).amax(0) / palm
    landmarks = labels["landmarks"].view(len(images), JOINT_COUNT, 3).clone()
    landmarks[..., :2] = mean
    labels["landmarks"] = landmarks.flatten(1)
    labels[WEIGHT] = 1 / (1 + (spread / _UNSURE_PERCENT).square())
    return CleanCrops(_bytes(images), labels)


def _bytes(images: Tensor) -> Tensor:
    return (images * 255).round().clamp(0, 255).to(torch.uint8)


def _palm(points: Tensor) -> Tensor:
    return (points[:, Joint.WRIST, :2] - points[:, Joint.MIDDLE_MCP, :2]).norm(dim=1)
