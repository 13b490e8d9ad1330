"""Rows that look odd but are kept, each with its rule; and registers broken in every way, against plain Python."""

import datetime as dt
import random
from collections import Counter

import pandas as pd
import pytest
from test_register import tables, write

from jdl_toolkit.errors import JDLError
from jdl_toolkit.register import Register, build_register
from jdl_toolkit.register.summary import in_words

START, END = dt.date(2000, 1, 1), dt.date(2012, 6, 30)
BORN = dt.date(1980, 1, 1)
KINDS = ("custody", "fine", "community_order")


def day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def frame(columns: str, *rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split(), dtype=object)


def people(n: int, until: dict[int, str] | None = None) -> pd.DataFrame:
    rows = [(i, f"Name{i}", "Smith", BORN, "M", (until or {}).get(i)) for i in range(1, n + 1)]
    return frame("person_id forename surname dob sex observed_until", *rows)


DISPOSALS = "disposal_id person_id disposal_date disposal sentence_days release_date"
OFFENCES = "offence_id disposal_id person_id offence_date proven_date"
SPELLS = "person_id start end kind"


def offences(*rows: tuple) -> pd.DataFrame:
    fixed = {"offence_group": "theft", "offence_class": "summary", "severity": 7}
    return frame(OFFENCES, *rows).assign(**fixed)


def build(folder, **given):
    meta = pd.DataFrame({"data_start": [START], "data_end": [END], "extract": ["odd"]})
    write(folder / "src", {"meta": meta} | given)
    return build_register(folder / "src", folder / "out.duckdb", most_set_aside=1.0)


def remarks_of(made) -> dict[tuple[str, str], int]:
    return {(r["table"], r["what"]): r["n_rows"] for r in made["remarks"]}


NO_OFFENCE = ("disposal", "no offence belongs to it")
NO_DISPOSAL = ("offence", "proven, but without a disposal")
DOUBLE = ("disposal", "looks like a double of another: same person, day, kind, length and release")
TWIN = ("offence", "looks like a double of another: same person, days, group, class, severity and sentence")


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """One row of every kind of oddity, or two; person 2 was seen until 2005."""
    folder = tmp_path_factory.mktemp("odd")
    disposal = frame(
        DISPOSALS,
        (1, 1, "2010-01-01", "fine", None, None),
        (2, 1, "2010-01-01", "fine", None, None),  # a double of 1, but for the id
        (3, 1, "2010-01-01", "fine", 5, None),  # another length: none
        (4, 1, "2010-02-01", "custody", 30, "2012-07-01"),  # released after the data end, and later than 30 days
        (5, 1, "2011-02-01", "custody", 30, None),
        (6, 1, "2011-03-01", "fine", None, "2011-03-02"),
        (7, 2, "2005-01-02", "fine", None, None),  # the day after the last on which person 2 was seen
        (8, 2, "2012-07-01", "fine", None, None),  # that, too, and after the data end
    )
    offence = offences(
        (1, 1, 1, "2009-01-01", "2010-01-01"),
        (2, 2, 1, "2009-01-01", "2010-01-01"),  # a double of 1: its sentence is a double as well
        (3, 3, 1, "2009-01-01", "2010-01-01"),  # another sentence: none
        (4, None, 1, "2009-01-01", None),
        (5, 4, 1, "2009-01-01", None),
        (6, None, 1, "2009-01-02", "2009-05-01"),
        (7, 5, 1, "2011-02-02", "2011-02-03"),  # committed after its own sentence
        (8, 6, 1, "2011-02-01", "2011-03-02"),  # proven after its own sentence
        (9, None, 1, "2012-06-30", "2012-07-01"),
        (10, None, 2, "2012-07-01", None),
    )
    spell = frame(
        SPELLS,
        (1, "2010-01-01", "2010-12-31", "sentenced"),
        (1, "2010-02-01", "2010-02-10", "recall"),  # within the first
        (1, "2010-03-01", "2011-02-01", "recall"),  # begins before the first has ended, though after the second
        (1, "2011-02-01", "2011-03-01", "remand"),  # begins on the day the last ends
        (2, "2005-01-01", "2005-02-01", "remand"),
    )
    work = frame(SPELLS, (2, "2006-01-01", "2007-01-01", "employed"), (1, "2012-07-01", None, "employed"))
    work["end"] = work["end"].fillna("2013-01-01")
    made = build(
        folder,
        person=people(2, {2: "2005-01-01"}),
        disposal=disposal,
        offence=offence,
        custody_spell=spell,
        employment_spell=work,
    )
    return made, folder


def test_what_is_odd_is_kept_and_counted_by_kind(odd):
    made = odd[0]
    assert not made["set_aside"]
    assert remarks_of(made) == {
        DOUBLE: 1,
        NO_OFFENCE: 2,
        ("disposal", "release_date after the data end"): 1,
        ("disposal", "release_date later than the sentence is long"): 1,
        ("disposal", "custody without a release_date"): 1,
        ("disposal", "a release_date, but no custody"): 1,
        ("disposal", "disposal_date after the person's observed_until"): 2,
        ("disposal", "disposal_date after the data end"): 1,
        TWIN: 1,
        ("offence", "no proven_date, and no disposal: a pending case"): 2,
        ("offence", "no proven_date, although there is a disposal"): 1,
        NO_DISPOSAL: 2,
        ("offence", "proven_date after the data end"): 1,
        ("offence", "offence_date after the sentence for it"): 1,
        ("offence", "proven_date after the sentence for it"): 1,
        ("offence", "offence_date after the person's observed_until"): 1,
        ("offence", "offence_date after the data end"): 1,
        ("custody_spell", "start before an earlier spell of the person has ended"): 2,
        ("employment_spell", "start after the person's observed_until"): 1,
        ("employment_spell", "start after the data end"): 1,
    }
    assert made["rows"]["offence"] == 10 and made["rows"]["disposal"] == 8


def test_remarks_stay_in_the_register_and_are_told_with_their_rule(odd):
    made, folder = odd
    with Register.open(folder / "out.duckdb") as register:
        stored = register.remarks()
        years = register.coverage().query("column == 'proven_date'")
    told = {(r.table, r.what): (r.rule, r.n_rows, r.n_given) for r in stored.itertuples()}
    assert told == {(r["table"], r["what"]): (r["rule"], r["n_rows"], r["n_given"]) for r in made["remarks"]}
    assert told[TWIN] == ("kept; each counts, since two counts of one charge look alike, too", 1, 10)
    words = in_words(made)
    assert "Kept, but look at them:" in words
    assert "disposal: 1 of 8 rows: looks like a double of another" in words
    # Pending cases are no part of what the proven dates cover
    assert years["n_rows"].sum() == 7 and (years["n_outside"].sum(), years["year"].max()) == (1, 2012)


def test_a_register_without_anything_odd_says_nothing(tmp_path):
    disposal = frame(DISPOSALS, (1, 1, "2010-01-01", "fine", None, None))
    made = build(tmp_path, person=people(1), disposal=disposal, offence=offences((1, 1, 1, "2009-01-01", "2010-01-01")))
    assert made["remarks"] == [] and "look at them" not in in_words(made)
    with Register.open(tmp_path / "out.duckdb") as register:
        assert register.remarks().empty


def test_a_register_prepared_without_remarks_does_not_pretend_that_there_are_none(odd, tmp_path):
    import duckdb

    path = tmp_path / "older.duckdb"
    path.write_bytes((odd[1] / "out.duckdb").read_bytes())
    with duckdb.connect(str(path)) as con:
        con.execute("DROP TABLE remark")
    with Register.open(path) as register, pytest.raises(JDLError, match="prepared without remarks"):
        register.remarks()


def test_a_pending_case_is_kept_but_a_date_that_cannot_be_read_is_none(tmp_path):
    given = tables()
    given["offence"]["proven_date"] = [None, "soon"]
    write(tmp_path / "src", given)
    made = build_register(tmp_path / "src", tmp_path / "out.duckdb", most_set_aside=1.0)
    assert [(f["column"], f["reason"], f["action"]) for f in made["set_aside"]] == [
        ("proven_date", "cannot be read as a date", "row set aside")
    ]
    write(tmp_path / "src", given | {"offence": given["offence"].drop(columns="proven_date")})
    with pytest.raises(JDLError, match="this column is missing"):
        build_register(tmp_path / "src", tmp_path / "out.duckdb")


# ---------------------------------------------------------------- registers nobody here has seen


def random_register(seed: int, n: int = 40) -> dict[str, list[dict]]:
    """Rows about `n` people as text, each value drawn from good ones and, now and then, from every kind of bad one."""
    rng = random.Random(seed)

    def some(good, *bad):
        return rng.choice(bad) if bad and rng.random() < 0.12 else good

    def date(low=1996, high=2013):
        return f"{rng.randint(low, high)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"

    def after(text, most=500):
        return (day(text) + dt.timedelta(days=rng.randint(0, most))).isoformat()

    persons = [
        {
            "person_id": some(str(i), "x", None) if i > 3 else str(i),
            "forename": some("Ada", None),
            "surname": some("Byron", None, " "),
            "dob": some(date(1950, 1985), None, "1850-01-01", "never", "2030-01-01"),
            "sex": some("F", "female", None),
            "observed_until": some(None, date(2001, 2011), date(2001, 2011), "gone"),
        }
        for i in range(1, n + 1)
    ]
    disposals, crimes, spells = [], [], []
    for i in range(1, 4 * n + 1):
        on = date()
        row = {"disposal_id": some(str(i), "", f"{i}.5"), "person_id": some(str(rng.randint(1, n)), "77000", None)}
        row |= {"disposal_date": some(on, "2010-02-30", None), "disposal": some(rng.choice(KINDS), "jail", None)}
        row |= {"sentence_days": some(str(rng.choice([30, 60])), None, "-1"), "release_date": None}
        if row["disposal"] == "custody" and rng.random() < 0.8:
            row["release_date"] = some(after(on), date(1990, 1995), "31/02/2010")
        disposals.append(row)
    disposals += [dict(r, disposal_id=str(i)) for i, r in enumerate(rng.sample(disposals, 12), 5 * n)]
    for i in range(1, 8 * n + 1):
        owner = rng.choice(disposals)
        on = date()
        row = {"offence_id": some(str(i), "?"), "disposal_id": some(owner["disposal_id"], None, "99900", "y")}
        row |= {"person_id": some(owner["person_id"], "5"), "offence_date": some(on, "1940-01-01", None)}
        row |= {"proven_date": some(after(on), None, date(1990, 1995), "pending")}
        row |= {"offence_group": some("theft", "stealing"), "offence_class": some("summary", None)}
        crimes.append(row | {"severity": some("7", "9", None), "is_breach": some("no", "perhaps")})
    crimes += [dict(r, offence_id=str(i)) for i, r in enumerate(rng.sample(crimes, 15), 9 * n)]
    for _ in range(2 * n):
        on = date()
        row = {"person_id": some(str(rng.randint(1, max(6, n // 4))), "88000"), "start": some(on, "1940-01-01", "now")}
        spells.append(row | {"end": some(after(on), None, "1999-01-01", "later"), "kind": some("remand", "jail")})
    found = {"person": persons, "disposal": disposals, "offence": crimes, "custody_spell": spells}
    for rows in found.values():
        rows += [dict(row) for row in rng.sample(rows, 3)]  # whole rows given twice
        rng.shuffle(rows)
    return found


def read_day(text):
    try:
        return day(text)
    except ValueError:
        return None


def read_int(text):
    return int(text) if text and text.isdigit() else None


def once(rows, kept):
    """The kept rows without repeats, as the register holds them."""
    return [dict(items) for items in dict.fromkeys(tuple(row.items()) for row in rows if kept(row))]


def expected(given):
    """What the contract keeps of a random register, by plain rules."""
    persons = {}
    for r in given["person"]:
        if read_int(r["person_id"]) is not None:
            dob, until = read_day(r["dob"]), read_day(r["observed_until"])
            dob = dob if dob and dt.date(1900, 1, 1) <= dob <= END else None
            if r["observed_until"] and (until is None or (dob and until < dob)):
                until = START
            persons[int(r["person_id"])] = (dob, until)

    def born_by(person, on):
        return person in persons and on is not None and (persons[person][0] is None or on >= persons[person][0])

    disposals = []
    for r in given["disposal"]:
        on, release = read_day(r["disposal_date"]), read_day(r["release_date"])
        days = read_int(r["sentence_days"])
        row = {"id": read_int(r["disposal_id"]), "person": read_int(r["person_id"]), "on": on, "kind": r["disposal"]}
        disposals.append(row | {"days": days, "release": release if release and on and release >= on else None})
    disposals = once(disposals, lambda r: r["id"] is not None and born_by(r["person"], r["on"]) and r["kind"] in KINDS)
    owner = {r["id"]: r for r in disposals}
    crimes = []
    for r in given["offence"]:
        sentence = read_int(r["disposal_id"])
        row = {"id": read_int(r["offence_id"]), "disposal": sentence if sentence in owner else None}
        row |= {"person": read_int(r["person_id"]), "on": read_day(r["offence_date"])}
        row |= {"proven": read_day(r["proven_date"]), "pending": not r["proven_date"]}
        good = r["offence_group"] == "theft" and r["offence_class"] == "summary" and r["severity"] == "7"
        crimes.append(row | {"good": good})
    crimes = once(
        crimes,
        lambda r: (
            r["good"]
            and r["id"] is not None
            and born_by(r["person"], r["on"])
            and (r["pending"] or (r["proven"] is not None and r["proven"] >= r["on"]))
            and (r["disposal"] is None or owner[r["disposal"]]["person"] == r["person"])
        ),
    )
    spells = []
    for r in given["custody_spell"]:
        row = {"person": read_int(r["person_id"]), "on": read_day(r["start"]), "end": read_day(r["end"])}
        spells.append(row | {"kind": r["kind"], "open": not r["end"]})
    spells = once(
        spells,
        lambda r: (
            r["kind"] == "remand"
            and born_by(r["person"], r["on"])
            and (r["open"] or (r["end"] is not None and r["end"] >= r["on"]))
        ),
    )
    return persons, disposals, crimes, spells


def n_doubles(rows, key):
    return sum(n - 1 for n in Counter(key(r) for r in rows).values())


@pytest.mark.parametrize("seed", range(4))
def test_a_register_broken_in_every_way_is_read_as_plain_rules_would(tmp_path, seed):
    given = random_register(seed)
    made = build(tmp_path, **{name: pd.DataFrame(rows, dtype=object) for name, rows in given.items()})
    persons, disposals, crimes, spells = expected(given)
    owner = {r["id"]: r for r in disposals}
    with Register.open(tmp_path / "out.duckdb") as register:
        counts = register.row_counts().set_index("table")
        for name, ids in (("person", persons), ("disposal", owner), ("offence", [r["id"] for r in crimes])):
            assert register.sql(f"SELECT {name}_id AS i FROM {name} ORDER BY 1")["i"].tolist() == sorted(ids), name
        assert counts.loc["custody_spell", "n_kept"] == len(spells)
    # Nothing is lost in silence: what was read is kept or counted, and what is counted can be looked at
    assert counts["n_read"].to_dict() == {name: len(given.get(name, [])) for name in counts.index} | {"meta": 1}
    assert (counts["n_read"] == counts["n_kept"] + counts["n_set_aside"]).all()
    for name in given:
        aside = pd.read_parquet(tmp_path / "out.duckdb.set-aside" / f"{name}.parquet")
        assert (aside["jdl_action"] == "row set aside").sum() == counts.loc[name, "n_set_aside"] > 0
    until = {person: seen for person, (_, seen) in persons.items() if seen}

    def sentence_of(crime):
        own = owner.get(crime["disposal"])
        return own and (own["on"], own["kind"], own["days"], own["release"])

    told = Counter(
        {key: n for key, n in remarks_of(made).items() if key[0] in ("disposal", "offence", "custody_spell")}
    )
    assert told == Counter(
        {
            DOUBLE: n_doubles(disposals, lambda r: (r["person"], r["on"], r["kind"], r["days"], r["release"])),
            NO_OFFENCE: len(set(owner) - {r["disposal"] for r in crimes}),
            TWIN: n_doubles(crimes, lambda r: (r["person"], r["on"], r["proven"], sentence_of(r))),
            NO_DISPOSAL: sum(r["disposal"] is None and r["proven"] is not None for r in crimes),
            ("offence", "no proven_date, and no disposal: a pending case"): sum(
                r["disposal"] is None and r["proven"] is None for r in crimes
            ),
            ("offence", "no proven_date, although there is a disposal"): sum(
                r["disposal"] is not None and r["proven"] is None for r in crimes
            ),
            ("offence", "proven_date after the data end"): sum((r["proven"] or START) > END for r in crimes),
            ("offence", "offence_date after the sentence for it"): sum(
                r["disposal"] is not None and r["on"] > owner[r["disposal"]]["on"] for r in crimes
            ),
            ("offence", "proven_date after the sentence for it"): sum(
                r["disposal"] is not None and r["on"] <= owner[r["disposal"]]["on"] < (r["proven"] or START)
                for r in crimes
            ),
            ("disposal", "release_date after the data end"): sum((r["release"] or START) > END for r in disposals),
            ("disposal", "custody without a release_date"): sum(
                r["kind"] == "custody" and r["release"] is None for r in disposals
            ),
            ("disposal", "release_date later than the sentence is long"): sum(
                None not in (r["release"], r["days"]) and (r["release"] - r["on"]).days > r["days"] for r in disposals
            ),
            ("custody_spell", "start before an earlier spell of the person has ended"): sum(
                any(
                    earlier["person"] == r["person"] and earlier["end"] and earlier["end"] > r["on"]
                    for earlier in spells
                    if spell_order(earlier) < spell_order(r)
                )
                for r in spells
            ),
            **{
                (name, f"{column} after {what}"): sum(r["on"] > limit(r) for r in rows)
                for name, column, rows in (
                    ("disposal", "disposal_date", disposals),
                    ("offence", "offence_date", crimes),
                    ("custody_spell", "start", spells),
                )
                for what, limit in (
                    ("the data end", lambda r: END),
                    ("the person's observed_until", lambda r: until.get(r["person"], dt.date.max)),
                )
            },
        }
    )


def spell_order(spell):
    return spell["on"], spell["end"] or dt.date.max
