"""What a lab states for its bulletins: `parameters/bulletins/defaults.yml`, and `<period>.yml` where one differs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from ..spec import Model, lab_resources, merge, read_yaml, validate
from .period import Period, PublicationDay

Words = Annotated[str, Field(min_length=1, max_length=200)]


class PreReleaseSettings(Model):
    """Who may see a bulletin before it is published, by role; at most `hours` before."""

    hours: Annotated[int, Field(ge=0, le=24)] = 24
    people: tuple[Words, ...] = ()


class BulletinSettings(Model):
    """All that is stated for one bulletin; see the remarks in ``parameters/bulletins/defaults.yml``."""

    title: Words
    contact: Words
    publication_day: PublicationDay = PublicationDay()
    published: dt.date | None = None
    next_publication: dt.date | None = None
    since: dt.date | None = None
    pre_release: PreReleaseSettings
    minimum_pooled: Annotated[int, Field(ge=3, le=100)] = 3
    minimum_predicted: Annotated[int, Field(ge=3, le=100)] = 5
    base_address: Annotated[str, Field(pattern=r"^(https?://[^\s/]\S*)?$", max_length=200)] = ""
    name_unpublished: bool = False

    @model_validator(mode="after")
    def _one_after_the_other(self) -> Self:
        if self.published and self.next_publication and self.next_publication <= self.published:
            raise ValueError("`next_publication` is no later than `published`")
        return self

    def days(self, period: Period) -> tuple[dt.date, dt.date]:
        """When the bulletin of a period is published, and the next one."""
        published = self.published or period.published(self.publication_day)
        following = self.next_publication or period.after(1).published(self.publication_day)
        return published, following


def bulletin_settings(folder: Path, period: Period) -> BulletinSettings:
    """The settings of one bulletin.

    Parameters
    ----------
    folder : Path
        ``parameters/bulletins`` of the lab; where it holds no ``defaults.yml``, the one shipped is used.
    period : Period

    Raises
    ------
    JDLError
        With every fault at once: unknown keys with the nearest valid name, missing keys, wrong values.
    """
    defaults, own = folder / "defaults.yml", folder / f"{period}.yml"
    if not defaults.is_file():
        defaults = lab_resources() / "parameters" / "bulletins" / "defaults.yml"
    values, where = read_yaml(defaults), f"bulletins/{defaults.name}"
    if own.is_file():
        values, where = merge(values, read_yaml(own)), f"bulletins/{own.name}"
    return validate(values, where, BulletinSettings)
