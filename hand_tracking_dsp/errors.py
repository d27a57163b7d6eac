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
