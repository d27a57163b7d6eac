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

"""What a student is asked to learn."""

import pytest
import torch

from hand_tracking_dsp.compression.distillation.loss import Loss, deviation_percent, error_mm
from hand_tracking_dsp.compression.distillation.network import FEATURES


@pytest.fixture
def labels():
    """Two hands; the truth of the first is known, four pixels to the right of what the teacher says."""
    generator = torch.Generator().manual_seed(0)
    landmarks = 60 + 100 * torch.rand(2, 63, generator=generator)
    truth = landmarks.view(2, 21, 3)[:, :, :2].clone()
    truth[0, :, 0] += 4
    truth[1] = torch.nan
    return {
        "landmarks": landmarks,
        "world_landmarks": 0.1 * torch.rand(2, 63, generator=generator),
        "presence": torch.tensor([0.99, 0.9]),
        "handedness": torch.tensor([0.1, 0.8]),
        "features": torch.rand(2, 8, generator=generator),
        "truth": truth,
    }


def as_found(labels, shift=0.0):
    landmarks = labels["landmarks"].view(2, 21, 3).clone()
    landmarks[:, :, 0] += shift
    return {
        "landmarks": landmarks.view(2, 63),
        "world_landmarks": labels["world_landmarks"],
        "presence": labels["presence"][:, None],
        "handedness": labels["handedness"][:, None],
        FEATURES: labels["features"],
    }


def test_a_perfect_student_loses_nothing(labels):
    assert Loss(alpha=0.0)(as_found(labels), labels) == pytest.approx(0, abs=1e-6)


def test_the_loss_falls_as_the_student_comes_near(labels):
    losses = [float(Loss(alpha=0.0)(as_found(labels, shift), labels)) for shift in (8, 4, 2, 1, 0)]
    assert losses == sorted(losses, reverse=True)
    assert len(set(losses)) == 5


@pytest.mark.parametrize(("alpha", "best"), [(0.0, 0.0), (1.0, 4.0)])
def test_alpha_moves_it_from_the_teacher_to_the_truth(labels, alpha, best):
    first = {name: values[:1] for name, values in labels.items()}
    losses = {
        shift: float(Loss(alpha)({k: v[:1] for k, v in as_found(labels, shift).items()}, first))
        for shift in (0.0, 2.0, 4.0, 6.0)
    }
    assert min(losses, key=losses.get) == best


def test_where_truth_is_unknown_alpha_changes_nothing(labels):
    second = {name: values[1:] for name, values in labels.items()}
    found = {name: values[1:] for name, values in as_found(labels, 3.0).items()}
    assert Loss(0.9)(found, second) == pytest.approx(float(Loss(0.0)(found, second)))


def test_where_the_teacher_sees_no_hand_only_presence_counts(labels):
    labels["presence"] = torch.tensor([0.2, 0.1])
    assert Loss()(as_found(labels, 20.0), labels) == pytest.approx(0, abs=1e-6)
    found = as_found(labels)
    found["presence"] = torch.tensor([[0.9], [0.9]])
    assert Loss()(found, labels) > 0.05


def test_each_output_counts(labels):
    for name in ("landmarks", "world_landmarks", "presence", "handedness", FEATURES):
        found = as_found(labels)
        found[name] = found[name] * 0.8
        assert Loss(0.0)(found, labels) > 1e-4, name


def test_the_deviation_is_in_palm_sizes_and_nan_without_a_hand(labels):
    labels["presence"] = torch.tensor([0.99, 0.1])
    points = labels["landmarks"].view(2, 21, 3)
    palm = float((points[0, 0, :2] - points[0, 9, :2]).norm())
    found = deviation_percent(as_found(labels, 5.0)["landmarks"], labels)
    assert float(found[0]) == pytest.approx(500 / palm, rel=1e-4)
    assert torch.isnan(found[1])


def test_a_sample_of_no_weight_teaches_no_joints_and_half_a_weight_counts_half(labels):
    found, far = as_found(labels), as_found(labels, 20.0)
    found["landmarks"] = torch.cat([found["landmarks"][:1], far["landmarks"][1:]])
    losses = [
        float(Loss(0.0)(found, {**labels, "weight": torch.tensor([1.0, weight])}))
        for weight in (0.0, 0.5, 1.0)
    ]
    assert losses[0] == pytest.approx(0, abs=1e-6)
    assert losses[1] == pytest.approx(losses[2] * 2 / 3, rel=1e-4)


def test_labels_without_exact_joints_are_learned_from_the_teacher_alone(labels):
    found = as_found(labels, 3.0)
    without = {name: values for name, values in labels.items() if name != "truth"}
    assert Loss(0.9)(found, without) == pytest.approx(float(Loss(0.0)(found, labels)))


def exact(labels):
    return {
        **{name: value for name, value in labels.items() if name != "features"},
        "palm": torch.tensor([80.0, 80.0]),
    }


def test_exact_labels_need_no_features_and_measure_in_palms_in_space(labels):
    labels = exact(labels)
    loss = Loss(alpha=0.0, exact=True)
    assert loss(as_found({**labels, "features": None}), labels) == pytest.approx(0, abs=1e-6)
    near, far = (
        float(loss(as_found({**labels, "features": None}, 4), {**labels, "palm": torch.tensor([p, p])}))
        for p in (160.0, 40.0)
    )
    assert far > 3 * near, "the same pixels are a larger share of a smaller palm"


def test_the_error_in_space_is_in_mm_and_knows_no_place(labels):
    world = labels["world_landmarks"].view(2, 21, 3)
    assert error_mm(world + 1, labels).tolist() == pytest.approx([0, 0], abs=1e-3)
    radius = 1000 * (world - world.mean(1, keepdim=True)).norm(dim=2).mean(1)
    assert error_mm(1.2 * world, labels).tolist() == pytest.approx((0.2 * radius).tolist(), rel=1e-3)
    without = {**labels, "presence": torch.tensor([0.0, 1.0])}
    assert error_mm(world, without).isnan().tolist() == [True, False]
