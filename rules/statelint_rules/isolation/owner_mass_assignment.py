"""SL308: the client may choose whose row it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Confidence, Rule, Severity, location

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import ClassVar

    from statelint.api import Finding, Project


class OwnerMassAssignment(Rule):
    """A row is filled with what the client sends, and that has the field that says whose the row is."""

    code = "SL308"
    name = "owner-mass-assignment"
    severity: ClassVar[Severity] = Severity.ERROR
    since: ClassVar[str] = "0.1.0"
    summary = "The client may set the owner of a row."

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each row that is made so, and for each form or serializer that makes such rows."""
        for found in project.isolation.assignments:
            done, harm = ("made", "make rows in another's name") if found.new else ("changed", "give rows to another")
            if found.given:
                what = f"{found.model} is {done} with `{found.column}` from the client's `{found.given}`"
                advice = "set it from the authenticated user"
            elif found.field is None:
                what = f"{found.model} is {done} from all that the client sends, `{found.column}` too"
                advice = f"name the fields that clients may give, and set {found.column} from the authenticated user"
            else:
                what = f"{found.model} is {done} from the client's {found.schema}, which has `{found.column}`"
                advice = f"take {found.column} out of {found.schema}, and set it from the authenticated user"
            related = [location(found.field, f"the client may give {found.column} here")] if found.field else []
            yield self.finding(
                f"{what}: any user can {harm}",
                location(found.place, "the client chooses the owner"),
                symbol=found.symbol,
                confidence=Confidence.MEDIUM,
                help=advice,
                related=related,
            )
        for field in project.isolation.open_fields:
            harm = "make rows in another's name" if field.new else "give rows to another"
            use = f"{field.model} rows are {'made' if field.new else 'changed'} with it here"
            yield self.finding(
                f"{field.schema} takes `{field.column}` of {field.model} from the client: any user can {harm}",
                location(field.place, f"the client may give {field.column}"),
                symbol=f"{field.schema}:{field.model}",
                confidence=Confidence.MEDIUM,
                help=f"leave {field.column} out or make it read-only, and set it from the authenticated user on saving",
                related=[location(field.use, use)],
            )
