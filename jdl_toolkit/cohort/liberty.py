"""At liberty or not: every time in custody on record, and whether it covers the index date or the service's start.

Somebody in custody on any part of a day is not at liberty when a service starts on that day, whatever for: on recall,
on remand, under another sentence. On the index date, where follow-up begins, it is enough to come out on that day.
Times in custody are the sentences to custody, and the spells of ``custody_spell``, where the register has them. A
sentence's own spell says nothing beside its release: the two are one stay, and the sentence says when it ended.
"""

from __future__ import annotations

from ..register import Register

NEVER = "DATE '9999-12-31'"

#: Days between a sentence and the beginning of its spell in custody: a court that sits late fills a cell the day after.
ARRIVES_WITHIN = 1


def released(alias: str) -> str:
    """SQL for the day of release; a release before the sentence is no release."""
    return f"CASE WHEN {alias}.release_date >= {alias}.disposal_date THEN {alias}.release_date END"


def ended(alias: str) -> str:
    """SQL for the day by which a sentence to custody is over: the release, or else the end of its term, or never."""
    return f"coalesce({released(alias)}, {alias}.disposal_date + {alias}.sentence_days, {NEVER})"


def is_own_spell(spell: str, sentence: str) -> str:
    """SQL for a spell being that of a sentence to custody: see `ARRIVES_WITHIN`."""
    return f"{spell}.kind = 'sentenced' AND abs({spell}.start - {sentence}.disposal_date) <= {ARRIVES_WITHIN}"


def held(register: Register, key: str) -> str:
    """SQL of a table ``held``: why each row of ``u`` is in custody on the index date and when the service starts.

    Parameters
    ----------
    register : Register
    key : str
        Column that identifies a row of ``u``, which also has person_id, disposal_id, disposal, disposal_date,
        index_date, service_start.

    Returns
    -------
    str
        Two common table expressions, the latter ``held`` with `key`, held_at_index, held_at_start: the kind of spell,
        missing for those at liberty. The index disposal's own time in custody does not count: it ends in the index
        date.
    """
    people = "person_id IN (SELECT person_id FROM u)"
    times = f"""SELECT d.person_id, d.disposal_date AS start, {ended("d")} AS "end",
                'sentenced' AS kind, d.disposal_id FROM disposal d WHERE d.disposal = 'custody' AND {people}"""
    if register.has("custody_spell"):
        times += f"""
            UNION ALL
            SELECT s.person_id, s.start, coalesce(s."end", {NEVER}), s.kind, NULL FROM custody_spell s
            WHERE {people} AND NOT EXISTS (
                FROM disposal d WHERE d.person_id = s.person_id AND d.disposal = 'custody'
                AND {released("d")} IS NOT NULL AND {is_own_spell("s", "d")})"""
    return f"""
        inside AS ({times}
        ),
        held AS (
            SELECT u.{key},
                min(s.kind) FILTER (s.start <= u.index_date AND s."end" > u.index_date) AS held_at_index,
                min(s.kind) FILTER (s.start <= u.service_start AND s."end" >= u.service_start) AS held_at_start
            FROM u JOIN inside s ON s.person_id = u.person_id
            WHERE NOT coalesce(s.disposal_id = u.disposal_id,
                u.disposal = 'custody' AND {is_own_spell("s", "u")})
            GROUP BY u.{key}
        )"""


def release_types(register: Register, key: str) -> str:
    """SQL of a table ``freed``: how the people of ``u`` (with release_date) were released, if a spell says so.

    It is the spell that ends on the day of release; of several, the sentence's own.
    """
    if not register.has("custody_spell"):
        return f"freed AS (SELECT {key}, NULL::VARCHAR AS release_type FROM u WHERE false)"
    return f"""
        freed AS (
            SELECT u.{key}, arg_min(s.release_type, (s.kind <> 'sentenced', s.release_type)) AS release_type
            FROM u JOIN custody_spell s ON s.person_id = u.person_id AND s."end" = u.release_date
            WHERE u.disposal = 'custody' AND s.release_type IS NOT NULL
            GROUP BY u.{key}
        )"""
