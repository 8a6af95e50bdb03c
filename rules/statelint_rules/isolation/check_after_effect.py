"""SL306: the owner is checked, but the check does not stand between the rows and their use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Fault
from statelint_rules.isolation.leak_rule import LeakRule

if TYPE_CHECKING:
    from typing import ClassVar

    from statelint.api import Leak

_VERBS = {"read": "used", "update": "changed", "delete": "deleted", "create": "created"}
_MESSAGES = {
    Fault.LATE: "{model} is {verb} before its owner is checked: the check on line {line} comes too late",
    Fault.ELSEWHERE: "the check of {model}'s owner on line {line} is in another branch: here it is {verb} unchecked",
    Fault.INVERTED: "the check of {model}'s owner on line {line} turns the owner away and lets all others go on",
    Fault.IDLE: "the check of {model}'s owner on line {line} stops nobody: {model} is {verb} all the same",
    Fault.OTHER: "the check on line {line} is about {about}: this {model} is {verb} unchecked",
    Fault.DROPPED: "Python's `and` picks one of the conditions: the one on {model}'s owner never reaches the database",
}
_REMEDIES = {
    Fault.LATE: "check first, and leave if it fails",
    Fault.ELSEWHERE: "check before the branches part",
    Fault.INVERTED: "turn the comparison round",
    Fault.IDLE: "raise or return where the check fails",
    Fault.OTHER: "check this row, too, or load it through the one that is checked",
    Fault.DROPPED: "separate the conditions by commas, or join them by and_() or &",
}


class CheckAfterEffect(LeakRule):
    """A check of the owner that comes after the effect, in another branch, inverted, or without consequences."""

    code = "SL306"
    name = "check-after-effect"
    summary = "The owner is checked too late, elsewhere, or in vain."
    label = "nothing holds this back"
    fixer = None
    misplaced: ClassVar[bool] = True

    def covers(self, leak: Leak) -> bool:
        """All rows that are searched by a key."""
        return leak.check is not None

    def message(self, leak: Leak) -> str:
        """Name the check."""
        if leak.check is None:
            raise ValueError(leak)
        return _MESSAGES[leak.check.fault].format(
            model=leak.model, about=leak.check.about, verb=_VERBS[leak.action], line=leak.check.place.position.line
        )

    def remedy(self, leak: Leak) -> str:
        """Say where the check belongs."""
        if leak.check is None:
            raise ValueError(leak)
        owner = leak.owner.replace(".", " → ")
        return f"{_REMEDIES[leak.check.fault]}, or ask in the query for the rows whose {owner} is the caller"
