"""Of which people the measures of a family tell, as disclosure control must know it: no family is published without."""

from __future__ import annotations

from dataclasses import dataclass

from ..spec import MeasureFamily as F

#: Key of the measure of those who reoffended.
RATE = "rate"


@dataclass(frozen=True)
class Counted:
    """What can be worked out from a family's measures and others.

    Parameters
    ----------
    within : str, optional
        Key of the measure whose people hold all people of this family's: who was given custody for a reoffence
        reoffended. Their number less the family's tells of the others. None: no other measure's people do.
    divides : str
        Key of the measure that the family's classes add up to; "": they add up to nothing.
    """

    within: str | None
    divides: str = ""

    @property
    def of_reoffending(self) -> bool:
        """Whether the family tells of those who reoffended."""
        return self.within == RATE


COUNTED: dict[F, Counted] = {
    F.rate: Counted(RATE),
    F.frequency: Counted(RATE),
    F.days: Counted(RATE),
    F.first_class: Counted(RATE, divides="rate"),
    F.count_by_class: Counted(RATE, divides="frequency"),
    F.first_custody: Counted(RATE),
    F.custodial_sentences: Counted(RATE),
    F.days_in_custody: Counted(None),  # also for what was done before the index date
    F.employment: Counted("employed_any"),
    F.benefits: Counted("benefit_any"),
}

#: Families whose shares among everyone divide the reoffenders, or the reoffences, between them -> what they divide.
DIVIDED = {str(family): counted.divides for family, counted in COUNTED.items() if counted.divides}


def counted(family: str) -> Counted:
    """What is counted by a family; of an unnamed one, as in findings of earlier versions, reoffending.

    Raises
    ------
    LookupError
        If nobody has said it of this family: what is not known cannot be protected, and is not published.
    """
    if not family:
        return Counted(RATE)
    try:
        return COUNTED[F(family)]
    except (KeyError, ValueError):
        what = f"of which people measures of the family {family} tell is not said in findings/counted.py"
        raise LookupError(f"{what}, so that they cannot be published") from None
