"""Ways in which records go wrong, and people who resemble others: one line each, with what must become of it."""

import datetime as dt

import pandas as pd
import pytest
from linkage_register import link_records, pnc

DAY = dt.date

#: What is wrong -> the known person, what is changed in their record, and what must become of it.
CASES: dict[str, tuple[int, dict, str]] = {
    "as on the register": (900_001, {}, "matched"),
    # forenames
    "short form": (900_001, {"forename": "Billy"}, "matched"),
    "short form that is a beginning": (900_009, {"forename": "Harp"}, "matched"),
    "short form with an s": (900_009, {"forename": "Harps"}, "matched"),
    "short form of two letters and an s": (900_026, {"forename": "Abs"}, "matched"),
    "short form made at will": (900_004, {"forename": "Treko"}, "matched"),
    "begins alike, but of the other sex: a twin": (900_004, {"forename": "Tresia", "sex": "F"}, "ambiguous"),
    "begins alike, another surname": (900_004, {"forename": "Treko", "surname": "Wolverfield"}, "no match"),
    "all forenames in one cell": (900_009, {"forename": "Harpreet Kaur", "middle_name": None}, "matched"),
    "two forenames in one cell": (900_019, {"forename": "John Paul", "middle_name": None}, "matched"),
    "middle name as forename": (900_019, {"forename": "Paul", "middle_name": None}, "matched"),
    "forenames the other way round": (900_019, {"forename": "Paul", "middle_name": "John"}, "matched"),
    "three letters transposed": (900_010, {"forename": "Ina"}, "matched"),
    "another spelling of the name": (900_010, {"forename": "Iain"}, "matched"),
    "initial only": (900_001, {"forename": "W", "middle_name": None}, "matched"),
    "hyphen left out, two words": (900_028, {"forename": "Mary Jane"}, "matched"),
    "hyphen left out, one word": (900_028, {"forename": "Maryjane"}, "matched"),
    "half of a double forename": (900_028, {"forename": "Mary"}, "matched"),
    "with a title": (900_001, {"forename": "Mr William"}, "matched"),
    "short form in brackets": (900_001, {"forename": "William (Bill)", "middle_name": None}, "matched"),
    "gap within the forename": (900_001, {"forename": "Wil liam", "middle_name": None}, "matched"),
    "figure for a letter": (900_001, {"forename": "W1lliam", "surname": "0akenthorpe"}, "matched"),
    # surnames
    "one letter left out": (900_001, {"surname": "Oakentorpe"}, "matched"),
    "a slip in each name": (900_001, {"forename": "Wikliam", "surname": "Oakenrhorpe"}, "matched"),
    "spelt by ear": (900_001, {"surname": "Okinthorpe"}, "matched"),
    "cut off": (900_001, {"surname": "Oakenth"}, "matched"),
    "first part of a double surname": (900_011, {"surname": "Harlington"}, "matched"),
    "last part of a double surname": (900_011, {"surname": "Fosbrooke"}, "matched"),
    "parts the other way round": (900_011, {"surname": "Fosbrooke Harlington"}, "matched"),
    "parts without the hyphen": (900_011, {"surname": "Harlington Fosbrooke"}, "matched"),
    "one part, a digit of the date": (900_011, {"surname": "Fosbrooke", "dob": DAY(1995, 12, 8)}, "matched"),
    "another second part": (900_011, {"surname": "Harlington-Brown"}, "matched"),
    "no apostrophe": (900_012, {"surname": "OShaughnessan"}, "matched"),
    "round apostrophe": (900_012, {"surname": "O’Shaughnessan"}, "matched"),
    "no O": (900_012, {"surname": "Shaughnessan"}, "matched"),
    "no O, a digit of the date": (900_012, {"surname": "Shaughnessan", "dob": DAY(1979, 9, 27)}, "matched"),
    "Mac for Mc": (900_013, {"surname": "MacCorquindale"}, "matched"),
    "Mc apart": (900_013, {"surname": "Mc Corquindale"}, "matched"),
    "no Mc": (900_013, {"surname": "Corquindale"}, "matched"),
    "van der left out": (900_014, {"surname": "Merwesteyn"}, "matched"),
    "van der in one word": (900_014, {"surname": "Vandermerwesteyn"}, "matched"),
    "al left out": (900_015, {"surname": "Khwarizmanid", "forename": "Yousef"}, "matched"),
    "al apart": (900_015, {"surname": "Al Khwarizmanid"}, "matched"),
    "junior": (900_001, {"surname": "Oakenthorpe Jr"}, "matched"),
    "née": (900_005, {"surname": "Barnthorpley (née Smith)"}, "matched"),
    "maiden name on the register": (900_005, {"surname": "Quillfeathers"}, "matched"),
    "whole name in the surname's cell": (900_001, {"surname": "Oakenthorpe, William"}, "matched"),
    "names swapped": (900_001, {"forename": "Oakenthorpe", "surname": "William"}, "matched"),
    "names swapped, with a slip": (900_001, {"forename": "Oakenthorp", "surname": "William"}, "matched"),
    "family name first": (900_032, {"forename": "Zhangweiler", "surname": "Li"}, "matched"),
    # letters and languages
    "English form of the name": (900_016, {"forename": "Chris", "surname": "Wisniewskowski"}, "matched"),
    "transliterated otherwise": (900_017, {"forename": "Aleksandr"}, "matched"),
    "in Cyrillic letters": (900_017, {"forename": "Александр", "surname": "Петрошенков"}, "matched"),
    "one Cyrillic letter among Latin ones": (900_001, {"forename": "Willi\u0430m"}, "matched"),
    "Turkish letters left out": (900_025, {"surname": "Isikogluzade"}, "matched"),
    "umlauts written out": (900_031, {"forename": "Juergen", "surname": "Weissmuellerich"}, "matched"),
    "capitals and stray spaces": (900_001, {"forename": " WILLIAM\u00a0", "surname": "OAKENTHORPE "}, "matched"),
    "one of many spellings": (900_006, {"forename": "Mohamed"}, "matched"),
    # dates of birth
    "day and month swapped": (900_001, {"dob": DAY(1980, 4, 3)}, "matched"),
    "one digit": (900_001, {"dob": DAY(1980, 3, 14)}, "matched"),
    "1 January": (900_001, {"dob": DAY(1980, 1, 1)}, "matched"),
    "another month": (900_001, {"dob": DAY(1980, 10, 4)}, "matched"),
    "another day": (900_001, {"dob": DAY(1980, 3, 29)}, "matched"),
    "ten years off": (900_001, {"dob": DAY(1990, 3, 4)}, "matched"),
    "a century off": (900_001, {"dob": DAY(1880, 3, 4)}, "matched"),
    "two digits": (900_001, {"dob": DAY(1983, 3, 5)}, "ambiguous"),
    "swapped, and a short form": (900_001, {"forename": "Bill", "dob": DAY(1980, 4, 3)}, "matched"),
    "by the date system of 1904": (900_001, {"dob": DAY(1976, 3, 3)}, "no match"),
    # aliases
    "alias, name and date": (
        900_018,
        {"forename": "Dermot", "surname": "Kilbrackenby", "dob": DAY(1990, 1, 30)},
        "matched",
    ),
    "alias name, own date": (900_018, {"forename": "Dermot", "surname": "Kilbrackenby"}, "matched"),
    "own name, alias date": (900_018, {"dob": DAY(1990, 1, 30)}, "matched"),
    "another date on the register": (900_027, {"dob": DAY(1987, 4, 26)}, "matched"),
    # sex
    "sex miscoded": (900_001, {"sex": "F"}, "matched"),
    "sex not given": (900_001, {"sex": None}, "matched"),
    "sex miscoded, short form": (900_001, {"sex": "F", "forename": "Bill"}, "matched"),
    # relatives and strangers who are not on the register
    "twin": (900_001, {"forename": "Rupert", "middle_name": None}, "no match"),
    "twin of the same initial": (900_001, {"forename": "Walter", "middle_name": None}, "no match"),
    "twin of the same middle name": (900_001, {"forename": "Rupert"}, "ambiguous"),
    "twin, the date misread": (
        900_001,
        {"forename": "Rupert", "middle_name": None, "dob": DAY(1980, 4, 3)},
        "no match",
    ),
    "twin of the other sex, similar name": (900_020, {"forename": "Daniel", "sex": "M"}, "ambiguous"),
    # Somebody else of the record's forename and date of birth is on the register
    "similar forename, another surname": (
        900_018,
        {"forename": "Dean", "middle_name": None, "surname": "Wollengate"},
        "ambiguous",
    ),
    "child of the same name": (900_004, {"dob": DAY(1981, 9, 15)}, "no match"),
    "parent of the same name, two digits": (900_001, {"middle_name": None, "dob": DAY(1950, 3, 14)}, "ambiguous"),
    "sibling of the same initial": (
        900_023,
        {"forename": "Philippa", "sex": "F", "middle_name": None, "dob": DAY(1990, 6, 1)},
        "no match",
    ),
    "stranger": (900_006, {"forename": "Bartholomew", "surname": "Xanthopoulis"}, "no match"),
    # relatives on the register
    "twin on the register": (900_002, {}, "matched"),
    "twin of the same initial and middle name on the register": (900_023, {}, "matched"),
    "initial of two twins": (900_024, {"forename": "P"}, "ambiguous"),
    "father of a namesake": (900_029, {}, "matched"),
    "son of a namesake": (900_030, {}, "matched"),
    "on the register twice": (900_007, {}, "ambiguous"),
    "two people alike": (900_021, {}, "ambiguous"),
    # identifiers
    "PNC id, the date another": (900_001, {"pnc_id": pnc(11), "dob": DAY(1961, 7, 30)}, "matched"),
    "PNC id, the names others": (
        900_001,
        {"pnc_id": pnc(11), "forename": "Ferdinand", "surname": "Xylander"},
        "matched",
    ),
    "PNC id and forename only": (
        900_005,
        {"pnc_id": pnc(14), "surname": "Grimblethwaite", "dob": DAY(1971, 2, 20)},
        "ambiguous",
    ),
    "PNC id, forename twice, 1 January": (
        900_010,
        {"pnc_id": pnc(15), "surname": "Ian", "dob": DAY(1983, 1, 1)},
        "matched",
    ),
    "PNC id of somebody altogether different": (
        900_012,
        {
            "pnc_id": pnc(16),
            "forename": "Zebedee",
            "middle_name": None,
            "surname": "Ormskirkham",
            "dob": DAY(1999, 2, 8),
        },
        "ambiguous",
    ),
    "PNC id of the father": (900_030, {"pnc_id": pnc(20)}, "matched"),
    "PNC id of the twin": (900_002, {"pnc_id": pnc(13)}, "matched"),
    "PNC id tells two people apart": (900_022, {"pnc_id": pnc(19)}, "matched"),
}


@pytest.fixture(scope="module")
def outcomes(known_register, company):
    """Links by case: as far as they are matched so, all records of a person in one upload; the others one by one.

    Where several records are of one person the best may cast doubt on the others, but never takes it from them.
    """

    def links_of(cases: pd.DataFrame) -> pd.DataFrame:
        records = [{"of": of} | CASES[name][1] for name, of in zip(cases["name"], cases["of"], strict=True)]
        return link_records(known_register, company, *records).links.tail(len(records)).set_index(cases["name"])

    cases = pd.DataFrame([(name, *of) for name, of in CASES.items()], columns=["name", "of", "changes", "status"])
    together = links_of(cases[cases["status"] == "matched"])
    parts = [together[together["status"] == "matched"]]
    left = cases[~cases["name"].isin(parts[0].index)]
    parts += [links_of(turn) for _, turn in left.groupby(left.groupby("of").cumcount())]
    return pd.concat(parts)


@pytest.mark.parametrize("name", CASES)
def test_what_becomes_of_each_case(outcomes, name):
    of, _, status = CASES[name]
    found = outcomes.loc[name]
    assert found["status"] == status, (found["tier"], found["doubt"], found["posterior"])
    if status == "matched":
        assert found["person_id"] == of and found["posterior"] >= 0.9 and found["doubt"] == ""
    else:
        assert pd.isna(found["person_id"]) and (found["doubt"] != "") == (status == "ambiguous")


@pytest.mark.parametrize(
    ("name", "doubt"),
    [
        ("on the register twice", "on the register twice"),
        ("two people alike", "two people on the register fit almost alike"),
        ("initial of two twins", "two people on the register fit almost alike"),
        ("PNC id and forename only", "the identifier is somebody's of another name and date of birth"),
        ("PNC id of somebody altogether different", "the identifier is somebody's of another name and date of birth"),
        ("twin of the other sex, similar name", "could be a relative or somebody of a similar name"),
        ("twin of the same middle name", "could be a relative or somebody of a similar name"),
        ("two digits", "could be a relative or somebody of a similar name"),
    ],
)
def test_why_a_record_is_ambiguous(outcomes, name, doubt):
    assert outcomes.loc[name, "doubt"] == doubt


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("as on the register", "not given"),
        ("PNC id, the date another", "agrees"),
        ("PNC id, forename twice, 1 January", "agrees"),
        ("PNC id and forename only", "in conflict"),
        ("PNC id of somebody altogether different", "in conflict"),
        ("PNC id of the father", "in conflict"),
        ("PNC id of the twin", "in conflict"),
    ],
)
def test_what_is_said_of_the_identifier(outcomes, name, identifier):
    assert outcomes.loc[name, "identifier"] == identifier
