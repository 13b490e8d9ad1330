"""Names, slips, uploads, participation: what the synthetic part invents agrees with what was published."""

import datetime as dt
import hashlib

import numpy as np
import openpyxl
import pandas as pd
import pytest

from jdl_toolkit.errors import JDLError
from jdl_toolkit.identifiers import format_pnc_id, is_pnc_id, normalise_pnc_id
from jdl_toolkit.synthetic.names import add_relatives, draw_aliases, draw_names
from jdl_toolkit.synthetic.participation import plant_effect, select_participants
from jdl_toolkit.synthetic.slips import misdate, misdate_year, misspell, nicknames, respell, swap_day_and_month
from jdl_toolkit.synthetic.strangers import _is_form_of
from jdl_toolkit.synthetic.uploads import LEVELS, corrupt, off_register_people, write_upload

#: Chance agreement of two random people in a published evaluation of person matching.
AGREEMENT = {"forename": 4.3e-3, "surname": 7.9e-4, "full name": 6.4e-6}
WITHIN_FACTOR = 1.5


@pytest.fixture(scope="module")
def register() -> pd.DataFrame:
    """60,000 people with the demography of people under court orders."""
    rng, n = np.random.default_rng(11), 60_000
    sex = rng.choice(np.array(["M", "F"], dtype=object), n, p=[0.82, 0.18])
    born = rng.integers(1945, 1995, n)
    ethnicity = rng.choice(
        np.array(["White", "Black", "Asian", "Mixed", "Other"], dtype=object), n, p=[0.84, 0.06, 0.05, 0.03, 0.02]
    )
    people = draw_names(rng, sex, born, ethnicity)
    start = np.array([f"{year}-01-01" for year in born], dtype="datetime64[D]")
    dob = (start + rng.integers(0, 365, n)).astype("datetime64[s]")
    pnc_id = format_pnc_id(born + 18, np.arange(1, n + 1))
    number = np.where(rng.random(n) < 0.3, "A1234BC", None)
    people = people.assign(
        person_id=np.arange(n), sex=sex, dob=dob, ethnicity=ethnicity, pnc_id=pnc_id, prison_number=number
    )
    return add_relatives(rng, people)


def chance_agreement(values: pd.Series) -> float:
    """Share of pairs of different people who agree."""
    count, n = values.value_counts().to_numpy(dtype=float), len(values)
    return float((count * (count - 1)).sum() / (n * (n - 1)))


def differing_digits(left: pd.Series, right: pd.Series) -> np.ndarray:
    """In how many of eight digits dates differ."""
    pairs = zip(left.dt.strftime("%Y%m%d"), right.dt.strftime("%Y%m%d"), strict=True)
    return np.array([sum(a != b for a, b in zip(*pair, strict=True)) for pair in pairs])


# ---------------------------------------------------------------- names


def test_chance_agreement_is_as_published(register):
    found = {
        "forename": chance_agreement(register["forename"]),
        "surname": chance_agreement(register["surname"]),
        "full name": chance_agreement(register["forename"] + " " + register["surname"]),
    }
    for name, published in AGREEMENT.items():
        print(f"{name}: {found[name]:.2e}, published {published:.2e}")
        assert published / WITHIN_FACTOR < found[name] < published * WITHIN_FACTOR


def test_smith_is_as_common_as_in_england(register):
    shares = register["surname"].value_counts(normalize=True)
    assert shares.index[0] == "Smith"
    assert 0.010 < shares.iloc[0] < 0.014
    assert register["surname"].nunique() > 5_000


def test_forenames_follow_cohort_sex_and_community():
    rng, n = np.random.default_rng(1), 4_000

    def names(sex, year, ethnicity):
        return draw_names(rng, np.full(n, sex), np.full(n, year), np.full(n, ethnicity, dtype=object))

    old, young = names("M", 1935, "White")["forename"], names("M", 1992, "White")["forename"]
    assert (old == "Ronald").mean() > 10 * (young == "Ronald").mean()
    assert (young == "Jordan").mean() > 10 * (old == "Jordan").mean()
    women = names("F", 1980, "White")["forename"]
    assert (women == "Sarah").mean() > 0.02 and not (names("M", 1980, "White")["forename"] == "Sarah").any()
    asian, white = names("M", 1980, "Asian")["surname"], names("M", 1980, "White")["surname"]
    assert asian.isin(["Khan", "Singh", "Patel", "Hussain", "Ahmed"]).mean() > 0.1
    assert white.isin(["Khan", "Singh", "Patel", "Hussain", "Ahmed"]).mean() == 0


def test_unrecorded_sex_and_ethnicity_get_names_too():
    names = draw_names(
        np.random.default_rng(1), np.array([None, None]), np.array([1980, 1950]), np.array([None, np.nan], dtype=object)
    )
    assert names[["forename", "surname"]].map(len).to_numpy().min() >= 2


def test_the_same_seed_gives_the_same_names(register):
    draws = [
        draw_names(np.random.default_rng(4), register["sex"][:500], np.full(500, 1970), register["ethnicity"][:500])
        for _ in range(2)
    ]
    pd.testing.assert_frame_equal(*draws)


def test_relatives(register):
    n = len(register)
    twins = register[register.duplicated(["surname", "dob"], keep=False)]
    # .4 per cent, and about 60,000²/2 · 8e-4 · 5e-5 = 80 pairs by chance
    assert 0.003 < len(twins) / n < 0.008
    plain = draw_names(
        np.random.default_rng(2), register["sex"], register["dob"].dt.year.to_numpy(), register["ethnicity"]
    )
    before = plain.assign(dob=register["dob"], sex=register["sex"], ethnicity=register["ethnicity"])
    after = add_relatives(np.random.default_rng(2), before)
    moved = (after["dob"] - before["dob"]).dt.days.abs()
    assert moved.max() <= 60
    renamed = after[(after["forename"] != before["forename"])]
    assert 0.0025 * n < len(renamed) <= 0.003 * n
    assert (
        after.groupby(["forename", "surname"])["sex"]
        .nunique()
        .loc[list(zip(renamed["forename"], renamed["surname"], strict=True))]
        .min()
        == 1
    )


def test_aliases(register):
    aliases = draw_aliases(np.random.default_rng(5), register)
    assert 0.14 < len(aliases) / len(register) < 0.155
    assert set(aliases["kind"]) == {"maiden", "nickname", "spelling", "alias"}
    known = register.set_index("person_id").loc[aliases["person_id"]].reset_index()
    maiden = (aliases["kind"] == "maiden").to_numpy()
    assert set(known.loc[maiden, "sex"]) == {"F"}
    assert (known.loc[maiden, "forename"].to_numpy() == aliases.loc[maiden, "forename"].to_numpy()).all()
    same = (aliases[["forename", "surname"]].to_numpy() == known[["forename", "surname"]].to_numpy()).all(axis=1)
    assert not same.any()
    assert aliases["person_id"].is_unique


# ---------------------------------------------------------------- slips


def test_a_misspelt_name_is_always_another_and_keeps_its_initial(register):
    names = register["surname"]
    slipped = misspell(np.random.default_rng(6), names)
    long = names.str.len() >= 3
    assert (slipped[long] != names[long]).all()
    assert (slipped.str[0] == names.str[0]).all()
    assert (slipped.str.len() - names.str.len()).abs().max() == 1
    short = misspell(np.random.default_rng(6), pd.Series(["Ng", None], dtype=object))
    assert short[0] == "Ng" and pd.isna(short[1])


def test_respelling_prefers_known_transliterations():
    spellings = set(respell(np.random.default_rng(7), pd.Series(["Mohammed"] * 200)))
    assert spellings == {"Muhammad", "Mohammad", "Mohamed", "Muhammed", "Mohamad"}
    assert set(nicknames(np.random.default_rng(7), pd.Series(["Robert"] * 200))) == {"Bob", "Rob", "Bobby", "Robbie"}
    assert nicknames(np.random.default_rng(7), pd.Series(["Zanrey"])).tolist() == ["Zanrey"]


def test_wrong_dates_differ_as_they_say(register):
    dob = register["dob"].head(10_000)
    wrong = misdate(np.random.default_rng(8), dob)
    assert (differing_digits(dob, wrong) == 1).all()
    years = misdate_year(np.random.default_rng(8), dob).dt.year - dob.dt.year
    assert set(years) == {-10, -2, -1, 1, 2, 10}
    swapped = swap_day_and_month(pd.Series(pd.to_datetime(["1980-05-03", "1980-05-13", "1980-04-04", None])))
    assert swapped.tolist()[:3] == [pd.Timestamp("1980-03-05"), pd.Timestamp("1980-05-13"), pd.Timestamp("1980-04-04")]


# ---------------------------------------------------------------- uploads


def as_dates(cells: pd.Series) -> pd.Series:
    """Cells of mixed dates and day-first texts, read back."""
    text = cells.map(lambda v: isinstance(v, str))
    read = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[s]")
    read[~text] = pd.to_datetime(cells[~text]).astype("datetime64[s]")
    for form in ("%d/%m/%Y", "%d.%m.%Y", "%d %B %Y"):
        read = read.fillna(pd.to_datetime(cells.where(text), format=form, errors="coerce").astype("datetime64[s]"))
    return read


def read_back(upload: pd.DataFrame) -> pd.DataFrame:
    """Identity with capitals, spaces and forms of dates undone."""
    names = {c: upload[c].str.strip().str.casefold() for c in ("forename", "surname")}
    return pd.DataFrame(names | {"dob": as_dates(upload["dob"]), "sex": upload["sex"].str[0]})


@pytest.mark.parametrize(("level", "clean"), [("clean", 1.0), ("realistic", 0.82), ("dirty", 0.55)])
def test_share_of_clean_rows(register, level, clean):
    people = register.head(12_000)
    upload = corrupt(np.random.default_rng(9), people, level)
    said = upload["faults"] == ""
    assert abs(said.mean() - clean) < 0.01
    differs = (read_back(upload) != read_back(people)).any(axis=1)
    assert not differs[said].any()
    # a nickname may be the name itself ("Alan" for Alan), a middle name equal to the forename
    assert differs[~said].mean() > 0.985 if level != "clean" else not differs.any()
    assert upload.index.equals(people.index)


def test_true_pairs_agree_as_published(register):
    people = register.head(12_000)
    upload, known = read_back(corrupt(np.random.default_rng(10), people, "realistic")), read_back(people)
    exact_name = (upload[["forename", "surname"]] == known[["forename", "surname"]]).all(axis=1).mean()
    exact_dob = (upload["dob"] == known["dob"]).mean()
    one_digit = (differing_digits(upload["dob"], known["dob"]) == 1).mean()
    swapped = ((upload["forename"] == known["surname"]) & (upload["surname"] == known["forename"])).mean()
    print(
        f"name exact {exact_name:.3f} (.88), date of birth exact {exact_dob:.3f} (.948), one digit off "
        f"{one_digit:.3f} (.017), names swapped {swapped:.4f} (.002)"
    )
    assert abs(exact_name - 0.88) < 0.02
    assert abs(exact_dob - 0.948) < 0.01
    assert abs(one_digit - 0.017) < 0.005
    assert 0.0008 < swapped < 0.004


def test_identifiers_are_on_as_many_rows_as_stated(register):
    people = register.head(5_000)
    upload = corrupt(np.random.default_rng(12), people, "realistic")
    assert abs(upload["pnc_id"].notna().mean() - 0.35) < 0.001
    assert abs(upload["prison_number"].notna().mean() - 0.10) < 0.001
    given = upload["pnc_id"].dropna()
    assert is_pnc_id(given).all()
    assert (normalise_pnc_id(given) == people.loc[given.index, "pnc_id"]).all()
    assert 0.4 < (given.str.index("/") == 2).mean() < 0.6
    sure = corrupt(np.random.default_rng(12), people, "realistic", recognisable=True)
    assert sure.loc[sure["faults"] != "", "pnc_id"].notna().all()
    assert abs(sure["pnc_id"].notna().mean() - 0.35) < 0.001


def test_a_recorded_maiden_name_is_used(register):
    women = register[register["sex"] == "F"].assign(maiden_surname="Formerly")
    upload = corrupt(np.random.default_rng(13), women, "dirty")
    by_maiden_name = upload[upload["faults"] == "maiden name"]
    assert len(by_maiden_name) > 50
    assert set(by_maiden_name["surname"].str.strip().str.title()) == {"Formerly"}


def test_an_unknown_level_is_refused(register):
    with pytest.raises(JDLError, match="use clean, realistic, dirty"):
        corrupt(np.random.default_rng(1), register.head(5), "filthy")
    assert list(LEVELS) == ["clean", "realistic", "dirty"]


def test_forms_of_one_name_are_known_as_such():
    left, right = pd.Series(["Zanrey", "Christine", "Rita", "Bob"]), pd.Series(["Q", "Tina", "Margaret", "Anna"])
    assert _is_form_of(left, right).tolist() == [False, True, True, False]


def test_people_who_are_not_on_the_register(register):
    strangers = off_register_people(np.random.default_rng(14), register, 200)
    assert strangers["likeness"].value_counts().to_dict() == {"unrelated": 100, "namesake": 60, "twin": 40}
    known = register.set_index("person_id")
    full = ["forename", "surname", "dob"]
    assert strangers.merge(register, on=full).empty
    twins = strangers[strangers["likeness"] == "twin"]
    model = known.loc[twins["resembles"]].reset_index()
    assert (twins["dob"].to_numpy() == model["dob"].to_numpy()).all()
    assert (twins["surname"].to_numpy() == model["surname"].to_numpy()).all()
    assert (twins["forename"].str[0].to_numpy() != model["forename"].str[0].to_numpy()).all()
    namesakes = strangers[strangers["likeness"] == "namesake"]
    model = known.loc[namesakes["resembles"]].reset_index()
    assert (
        namesakes[["forename", "surname", "sex"]].to_numpy() == model[["forename", "surname", "sex"]].to_numpy()
    ).all()
    for part in ("year", "month", "day"):
        assert (getattr(namesakes["dob"].dt, part).to_numpy() != getattr(model["dob"].dt, part).to_numpy()).all()
    others = strangers[strangers["likeness"] != "twin"]
    assert others.merge(register, on=["surname", "dob"]).empty
    assert strangers.merge(register, on=["forename", "dob"]).empty
    assert strangers["pnc_id"].isna().all() and strangers["prison_number"].isna().all()


# ---------------------------------------------------------------- the workbook


def test_the_workbook_holds_true_dates_and_text_identifiers(register, tmp_path):
    people = pd.DataFrame(
        {
            "forename": ["Ann", "Bob"], "middle_name": [None, "Carl"], "surname": ["Able", "Baker"],
            "dob": [dt.date(1980, 5, 3), "03/05/1980"], "sex": ["F", "M"], "pnc_id": ["1998/0000001F", None],
            "service_start": pd.to_datetime(["2008-01-02", "2009-12-31"]), "not_a_column": [1, 2],
        }
    )  # fmt: skip
    path = tmp_path / "upload.xlsx"
    write_upload(path, people, {"date_meaning": "First meeting", "sign_off": "Yes"})
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["People", "Service"]
    rows = list(book["People"].iter_rows(values_only=True))
    assert rows[0][:9] == (
        "Record",
        "Forename",
        "Middle name",
        "Surname",
        "Date of birth",
        "Gender",
        "PNC id",
        "Prison number",
        "Service start",
    )
    assert rows[1][1:9] == (
        "Ann",
        None,
        "Able",
        dt.datetime(1980, 5, 3),
        "F",
        "1998/0000001F",
        None,
        dt.datetime(2008, 1, 2),
    )
    assert rows[2][4] == "03/05/1980"
    assert book["People"]["G2"].number_format == book["People"]["G3"].number_format == "@"
    assert book["People"]["E2"].number_format == "DD/MM/YYYY"
    answers = dict(book["Service"].iter_rows(min_row=2, values_only=True))
    assert answers["What the service start and end dates mean"] == "First meeting"
    first = hashlib.sha256(path.read_bytes()).hexdigest()
    write_upload(path, people, {"date_meaning": "First meeting", "sign_off": "Yes"})
    assert hashlib.sha256(path.read_bytes()).hexdigest() == first
    with pytest.raises(JDLError, match="no such question: colour"):
        write_upload(path, people, {"colour": "Red"})


# ---------------------------------------------------------------- who takes part, and what it does


def events(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(15)
    return pd.DataFrame(
        {
            "age": rng.uniform(18, 60, n), "sex": rng.choice(["M", "F"], n), "n_previous_offences": rng.poisson(5, n),
            "needs_accommodation": rng.choice([0.0, 1.0, np.nan], n), "region": rng.choice(["London", "North East"], n),
            "index_date": pd.to_datetime("2007-06-01"),
        }
    )  # fmt: skip


def test_who_takes_part_depends_on_what_they_are_like():
    pool = events(20_000)
    at_random = select_participants(pool, np.random.default_rng(16), 2_000, strength=0)
    assert abs(at_random["n_previous_offences"].mean() - pool["n_previous_offences"].mean()) < 0.15
    chosen = select_participants(pool, np.random.default_rng(16), 2_000)
    assert chosen["n_previous_offences"].mean() > pool["n_previous_offences"].mean() + 0.3
    assert chosen["needs_accommodation"].mean() > 0.6
    assert chosen["age"].mean() < pool["age"].mean() - 2
    assert (chosen["region"] == "North East").mean() > 0.56
    assert chosen.index.is_unique and len(chosen) == 2_000
    with pytest.raises(JDLError, match="30 people are to take part, but only 10 could"):
        select_participants(events(10), np.random.default_rng(1), 30)


def test_weights_of_zero_are_never_chosen():
    pool = events(500).assign(weight=[1.0, 0.0] * 250)
    assert (select_participants(pool, np.random.default_rng(17), 200)["weight"] == 1).all()


def one_reoffence_each(n: int) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """`n` people sentenced in January 2008; the first half offend in March, on the day their service starts."""
    ids = np.arange(1, n + 1)
    again = ids[: n // 2]
    disposal = pd.DataFrame({"disposal_id": np.r_[ids, again + 1000], "person_id": np.r_[ids, again]})
    disposal["disposal_date"] = pd.to_datetime(["2008-01-01"] * n + ["2008-06-01"] * len(again))
    disposal = disposal.assign(disposal="community_order", release_date=pd.NaT)
    offence = pd.DataFrame(
        {
            "offence_id": np.arange(len(disposal)),
            "disposal_id": disposal["disposal_id"],
            "person_id": disposal["person_id"],
        }
    )
    offence["offence_date"] = pd.to_datetime(["2007-12-01"] * n + ["2008-03-01"] * len(again))
    offence = offence.assign(proven_date=disposal["disposal_date"], is_breach=False, is_penalty_notice=False)
    participants = pd.DataFrame({"person_id": ids, "reoffended": ids <= n // 2})
    participants["index_date"], participants["service_start"] = pd.Timestamp("2008-01-01"), pd.Timestamp("2008-03-01")
    return {"offence": offence, "disposal": disposal}, participants


def test_the_planted_effect_is_exact():
    tables, participants = one_reoffence_each(40)
    left, helped = plant_effect(tables, participants, -10.0, np.random.default_rng(18))
    assert helped.sum() == 4 and participants.loc[helped, "reoffended"].all()
    assert len(left["offence"]) == len(tables["offence"]) - 4
    assert len(left["disposal"]) == len(tables["disposal"]) - 4
    later = left["offence"]["offence_date"] >= pd.Timestamp("2008-03-01")
    assert set(left["offence"].loc[later, "person_id"]) == set(range(1, 21)) - set(
        participants.loc[helped, "person_id"]
    )
    assert set(left["disposal"]["person_id"]) == set(range(1, 41))


def test_no_effect_changes_nothing_and_others_are_refused():
    tables, participants = one_reoffence_each(40)
    left, helped = plant_effect(tables, participants, 0.0, np.random.default_rng(18))
    assert not helped.any()
    pd.testing.assert_frame_equal(left["offence"], tables["offence"])
    with pytest.raises(JDLError, match="only reductions can be planted"):
        plant_effect(tables, participants, 2.0, np.random.default_rng(18))
    with pytest.raises(JDLError, match="only 50.0 per cent of the participants reoffend"):
        plant_effect(tables, participants, -55.0, np.random.default_rng(18))
