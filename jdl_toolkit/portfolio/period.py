"""The month that a bulletin covers, and the days that follow from it."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from ..errors import JDLError
from ..numbers import month
from ..spec import Model


class Weekday(StrEnum):
    monday = "monday"
    tuesday = "tuesday"
    wednesday = "wednesday"
    thursday = "thursday"
    friday = "friday"


class PublicationDay(Model):
    """Which day of the month after its period a bulletin is published on: the `which`-th of a weekday."""

    weekday: Weekday = Weekday.thursday
    which: Annotated[int, Field(ge=1, le=4)] = 2

    def within(self, year: int, month_: int) -> dt.date:
        """That day of a month."""
        first = dt.date(year, month_, 1).weekday()
        return dt.date(year, month_, 1 + (list(Weekday).index(self.weekday) - first) % 7 + 7 * (self.which - 1))


@dataclass(frozen=True, order=True)
class Period:
    """One month; a bulletin covers everything up to its last day.

    Parameters
    ----------
    year, month : int
    """

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """A period from ``YYYY-MM``.

        Raises
        ------
        JDLError
            If it is no month.
        """
        found = re.fullmatch(r"(\d{4})-(\d\d)", text)
        if not found or not 1 <= int(found[2]) <= 12 or not 1900 <= int(found[1]) <= 9000:
            raise JDLError("this is no month", f"period `{text[:20]}`", "write it as year and month: 2013-10")
        return cls(int(found[1]), int(found[2]))

    @property
    def until(self) -> dt.date:
        """The last day."""
        return dt.date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def after(self, months: int) -> Period:
        """The period so many months later, or earlier if negative."""
        years, month_ = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Period(years, month_ + 1)

    def published(self, day: PublicationDay) -> dt.date:
        """When its bulletin is published."""
        following = self.after(1)
        return day.within(following.year, following.month)

    @property
    def words(self) -> str:
        """As readers write it: October 2013."""
        return month(self.until)

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"
