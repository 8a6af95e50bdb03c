"""What all parts of a catalogue file share."""

from __future__ import annotations

import msgspec


class Struct(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Base of the catalogue's types: unknown keys are errors."""
