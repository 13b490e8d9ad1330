"""What linkage needs of a register, derived once per extract: normalised names, sound, frequency, identifiers.

The same SQL normalises an upload, so that both sides are always written alike.
"""

from __future__ import annotations

import duckdb
import pandas as pd
from anyascii import anyascii

from .nicknames import canonical_forms

#: Words before a forename that are no part of it.
_TITLES = "mr mrs ms miss mx dr master sir rev prof".split()
#: Beginnings that are no forename by themselves: Al Amin, De Shawn.
_BEGINNINGS = "al el de da la le di".split()
#: Words in a surname that its owner may leave out. `née` and brackets set off an earlier surname.
_PARTICLES = """o mc mac van von der den ter ten de da di do du del dela della dos das la le lo al el ul bin ibn ben
    binti bint st saint nee formerly aka jr jnr junior sr snr senior ii iii""".split()

_MACROS = f"""
-- Plain letters: the accent goes, and other scripts are spelt in ours.
CREATE OR REPLACE TEMP MACRO plain(name) AS
    lower(CASE WHEN strlen(name) > length(name) THEN in_latin_letters(name) ELSE name END);
CREATE OR REPLACE TEMP MACRO letters(text) AS nullif(regexp_replace(text, '[^a-z]', '', 'g'), '');
CREATE OR REPLACE TEMP MACRO name_key(name) AS letters(plain(name));
CREATE OR REPLACE TEMP MACRO words(text, gaps) AS
    list_filter(string_split(regexp_replace(text, gaps, ' ', 'g'), ' '), lambda w: letters(w) IS NOT NULL);
CREATE OR REPLACE TEMP MACRO or_all(chosen, given) AS CASE WHEN len(chosen) > 0 THEN chosen ELSE given END;
CREATE OR REPLACE TEMP MACRO without(given, dropped) AS
    or_all(list_filter(given, lambda w: NOT list_contains(dropped, letters(w))), given);
-- The first word is the forename, the others are middle names, whichever cell they stand in.
CREATE OR REPLACE TEMP MACRO n_first(given) AS CASE WHEN list_contains({_BEGINNINGS}, given[1]) THEN 2 ELSE 1 END;
CREATE OR REPLACE TEMP MACRO first_of(given) AS letters(array_to_string(given[:n_first(given)], ''));
CREATE OR REPLACE TEMP MACRO rest_of(given) AS letters(array_to_string(given[n_first(given) + 1:], ''));
CREATE OR REPLACE TEMP MACRO given_names(name) AS without(words(plain(name), '[^a-z''`-]+'), {_TITLES});
-- What stands in brackets or after "née" is a part of the surname, but not of the surname as written.
CREATE OR REPLACE TEMP MACRO surname_key(name) AS coalesce(
    letters(regexp_replace(plain(name), '\\(.*|\\b(nee|formerly|aka|jr|jnr|junior|snr|senior)\\b.*', '', 'g')),
    name_key(name));
CREATE OR REPLACE TEMP MACRO surname_parts(name) AS without(words(plain(name), '[^a-z''`]+'), {_PARTICLES});
CREATE OR REPLACE TEMP MACRO stem(part) AS
    regexp_replace(letters(part), '^(mac|mc|o)([bcdfghjklmnpqrstvwxz][a-z]{{3,}})$', '\\2');
-- A run of equal codes counts once; h and w do not end a run, a vowel does (the rule of the United States census).
CREATE OR REPLACE TEMP MACRO soundex_runs(key) AS
    translate(replace(replace(key, 'h', ''), 'w', ''), 'bfpvcgjkqsxzdtlmnraeiouy', '111122222222334556000000');
CREATE OR REPLACE TEMP MACRO soundex_once(runs) AS
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(runs,
        '1+', '1', 'g'), '2+', '2', 'g'), '3+', '3', 'g'), '4+', '4', 'g'), '5+', '5', 'g'), '6+', '6', 'g');
CREATE OR REPLACE TEMP MACRO soundex(key) AS
    left(key, 1) || left(replace(substr(soundex_once(soundex_runs(key)), 2), '0', '') || '000', 3);
-- As `identifiers.normalise_pnc_id`: without its slash, all seven digits must be there.
CREATE OR REPLACE TEMP MACRO pnc_parts(text) AS
    regexp_extract(upper(regexp_replace(text, '[\\s-]', '', 'g')),
        '^(\\d{{4}}|\\d{{2}})(?:/(\\d{{1,7}})|(\\d{{7}}))([A-Z])$',
        ['y', 'short', 'long', 'c']);
CREATE OR REPLACE TEMP MACRO pnc_long(parts) AS
    CASE WHEN parts.y = '' THEN NULL ELSE
        CASE length(parts.y) WHEN 4 THEN '' ELSE CASE WHEN parts.y::INT >= 40 THEN '19' ELSE '20' END END
        || parts.y || '/' || lpad(parts.short || parts.long, 7, '0') || parts.c END;
CREATE OR REPLACE TEMP MACRO pnc_key(text) AS pnc_long(pnc_parts(text));
CREATE OR REPLACE TEMP MACRO prison_key(text) AS nullif(upper(regexp_replace(text, '[^A-Za-z0-9]', '', 'g')), '');
"""

#: The names of a row as they are compared, from the cells `forename`, `middle_name` and `surname`.
NAMED = """
    first_of(given_names(forename)) AS forename,
    nullif(concat(rest_of(given_names(forename)), name_key(middle_name)), '') AS middle_name,
    surname_key(surname) AS surname, stem(surname_parts(surname)[1]) AS surname_first,
    stem(surname_parts(surname)[-1]) AS surname_last
"""

#: Columns of a normalised row, whichever side it comes from. Expects the macros, the table `nickname` and `NAMED`.
NORMALISED = """
    forename, middle_name, surname, surname_first, surname_last, coalesce(canonical, forename) AS canonical,
    canonical_too, left(forename, 1) AS initial, soundex(surname) AS sound, dob, strftime(dob, '%Y%m%d') AS dob_digits,
    sex, pnc_id, prison_number
"""

#: Share of the register's people from which a forename is a usual one: one letter away from another, it may be right.
USUAL = 0.0002


def prepare_normalising(con: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the macros and the nickname table with which names are normalised."""
    con.create_function("in_latin_letters", anyascii, ["VARCHAR"], "VARCHAR")
    con.execute(_MACROS)
    forms = [(name, first, second) for name, (first, second) in sorted(canonical_forms().items())]
    forms = pd.DataFrame(forms, columns=["nick", "canonical", "canonical_too"])
    con.register("nickname_forms", forms)
    con.execute("CREATE OR REPLACE TEMP TABLE nickname AS SELECT * FROM nickname_forms")
    con.unregister("nickname_forms")


def derive_linkage_index(con: duckdb.DuckDBPyConnection) -> None:
    """Make `linkage_index` in the register that is in use.

    It has a row for each person and one for each alias that differs, sorted by date of birth: entry_id, person_id,
    is_alias, the normalised columns, and the frequencies tf_forename and tf_surname (see `_add_frequencies`).
    """
    prepare_normalising(con)
    con.execute(
        f"""
        CREATE TEMP TABLE entries AS
        WITH ids AS (
            SELECT person_id, {NAMED}, dob, sex, pnc_key(pnc_id) AS pnc_id, prison_key(prison_number) AS prison_number
            FROM person
        ),
        aliases AS (SELECT person_id, {NAMED}, dob FROM (SELECT *, NULL AS middle_name FROM person_alias)),
        -- Somebody who gave another name may have given either date of birth with either name
        names AS (
            SELECT false AS is_alias, * FROM ids
            UNION ALL
            SELECT DISTINCT true, p.* REPLACE (
                coalesce(a.forename, p.forename) AS forename, coalesce(a.surname, p.surname) AS surname,
                coalesce(a.surname_first, p.surname_first) AS surname_first,
                coalesce(a.surname_last, p.surname_last) AS surname_last,
                unnest([p.dob, coalesce(a.dob, p.dob)]) AS dob)
            FROM aliases a JOIN ids p USING (person_id)
            UNION ALL
            SELECT true, p.* REPLACE (a.dob AS dob) FROM aliases a JOIN ids p USING (person_id) WHERE a.dob IS NOT NULL
        ),
        distinct_names AS (
            SELECT person_id, bool_and(is_alias) AS is_alias, forename, min(middle_name) AS middle_name, surname,
                min(surname_first) AS surname_first, min(surname_last) AS surname_last, dob,
                min(sex) AS sex, min(pnc_id) AS pnc_id, min(prison_number) AS prison_number
            FROM names GROUP BY person_id, forename, surname, dob
        )
        SELECT person_id, is_alias, {NORMALISED} FROM distinct_names LEFT JOIN nickname ON nick = forename
        """
    )
    _add_frequencies(con)
    con.execute("DROP TABLE entries")


def _add_frequencies(con: duckdb.DuckDBPyConnection) -> None:
    """Write `linkage_index` from the entries, each with how often its names occur among the register's people.

    usual_forename is the forename if it is a usual one. tf_forename is the share of the forename. tf_surname is the
    share of the surname among people of that forename, since the two go together (communities, families): with N
    people, shares f and s, and n people of the whole name, the whole name is expected of (max(N·f·s, n − 1) + d) / N
    people. d is what names seen once recur more often than N·f·s says, by Good-Turing: twice the names seen twice over
    the names seen once, less the mean of N·f·s over the latter. Without it, a stranger of the same rare name and a near
    date of birth would be taken for the person.
    """
    con.execute(
        f"""
        CREATE TEMP TABLE people AS SELECT forename, surname FROM entries WHERE NOT is_alias;
        CREATE TABLE forename_frequency AS
            SELECT *, share >= {USUAL} AS is_usual FROM (
                SELECT forename, count(*) / (SELECT count(*) FROM people) AS share FROM people GROUP BY forename
            ) ORDER BY forename;
        CREATE TABLE surname_frequency AS
            SELECT surname, count(*) / (SELECT count(*) FROM people) AS share FROM people GROUP BY ALL ORDER BY ALL;
        CREATE TEMP TABLE whole_name AS SELECT forename, surname, count(*) AS n FROM people GROUP BY ALL;
        CREATE TABLE linkage_index AS
        WITH least AS (SELECT count(*) AS people, 1 / greatest(count(*), 1) AS share FROM people),
        excess AS (
            -- Rounded, since the last digits of a mean depend on the order in which threads add up
            SELECT round(coalesce(greatest(2 * count(*) FILTER (WHERE n = 2) / nullif(count(*) FILTER (WHERE n = 1), 0)
                - avg(people * f.share * s.share) FILTER (WHERE n = 1), 0), 0), 6) AS d
            FROM whole_name JOIN forename_frequency f USING (forename) JOIN surname_frequency s USING (surname) CROSS
            JOIN least
        ),
        shares AS (
            SELECT e.*, CASE WHEN f.is_usual THEN e.forename END AS usual_forename,
                coalesce(f.share, least.share) AS tf_forename, coalesce(s.share, least.share) AS surname_share,
                people, d, coalesce(w.n, 0) - 1 AS others
            FROM entries e CROSS JOIN least CROSS JOIN excess
            LEFT JOIN forename_frequency f USING (forename) LEFT JOIN surname_frequency s USING (surname)
            LEFT JOIN whole_name w USING (forename, surname)
        )
        SELECT row_number() OVER (ORDER BY dob, surname, forename, person_id) AS entry_id,
            * EXCLUDE (surname_share, people, d, others), least(greatest(surname_share, (greatest(people * tf_forename
            * surname_share, others) + d) / people / tf_forename), 1)
                AS tf_surname
        FROM shares ORDER BY entry_id;
        DROP TABLE people;
        DROP TABLE whole_name;
        """
    )
