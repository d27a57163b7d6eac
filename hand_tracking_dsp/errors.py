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

"""The errors of this package; each message is one sentence: what, where and what to do."""

from __future__ import annotations


class HandTrackingError(Exception):
    """Base of every error that this package raises on purpose."""


class ModelError(HandTrackingError):
    """A network or its manifest is missing, damaged or not of the expected form."""


class BackendError(HandTrackingError):
    """An inference backend or execution provider is missing or refused a network."""


class ConfigurationError(HandTrackingError):
    """An option or parameter has a value that cannot work."""


class SourceError(HandTrackingError):
    """A camera, file, stream or power source cannot be opened or has stopped answering."""


class FrameError(HandTrackingError):
    """One image cannot be used: unknown encoding, wrong size or truncated data."""


class OutputError(HandTrackingError):
    """A file cannot be written."""
