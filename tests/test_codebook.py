"""The codebook: an entry for every covariate, true to the register and to what is built; the page made of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from registers import TinyRegister, make_spec, tiny_register
from test_covariates import INDEX, SENTENCE, released, releases_of

from jdl_toolkit.covariates import CODEBOOK_FILE, build_covariates, codebook, read_codebook
from jdl_toolkit.covariates.meanings import codebook_page
from jdl_toolkit.errors import JDLError
from jdl_toolkit.register import TABLES
from jdl_toolkit.spec import Covariate, lab_resources, read_yaml


@pytest.fixture(scope="module")
def full_register() -> TinyRegister:
    """One release with something in every table."""
    day = {"person_id": 1, "start": dt.date(2005, 1, 1), "end": INDEX}
    return tiny_register(
        disposal=[released(1, sentence_days=400, region="Wales")],
        offence=[
            {"person_id": 1, "offence_date": dt.date(2006, 1, 1), "proven_date": dt.date(2006, 2, 1)},
            {"person_id": 1, "disposal_id": 101, "offence_date": dt.date(2009, 5, 1), "proven_date": SENTENCE},
        ],
        custody_spell=[day | {"release_type": "hdc"}],
        employment_spell=[day],
        benefit_spell=[day],
        needs_assessment=[{"person_id": 1, "assessed_on": INDEX} | dict.fromkeys(NEEDS_COLUMNS, 1)],
        extra_covariates=[{"person_id": 1, "as_of": INDEX, "debts": 2.5, "tenure": "rented"}],
    )


NEEDS_COLUMNS = [c.name for c in TABLES["needs_assessment"].columns if c.name not in ("person_id", "assessed_on")]


def test_every_covariate_has_one_entry_and_every_entry_a_covariate():
    entries = read_yaml(lab_resources() / CODEBOOK_FILE)["covariates"]
    assert list(entries) == [str(covariate) for covariate in Covariate]


@pytest.mark.parametrize("name", list(Covariate))
def test_every_source_is_a_table_and_column_of_the_register(name):
    for table, columns in read_codebook().covariates[name].source.items():
        assert set(columns) <= {column.name for column in TABLES[table].columns}, table


@pytest.mark.parametrize("name", [c for c in Covariate if c is not Covariate.extra])
def test_every_entry_names_the_columns_and_labels_that_are_built(name, full_register):
    covariates = build_covariates(releases_of(1), full_register, make_spec(covariates={"use": [name]}))
    expected = read_codebook().columns(name)
    assert covariates.names == list(expected)
    assert {column: covariates.labels[column] for column in expected} == expected
    assert covariates.codebook["column"].tolist() == list(expected)
    assert set(covariates.codebook["covariate"]) == {name}


def test_every_column_of_the_profile_has_its_label_in_the_codebook(full_register):
    profile = build_covariates(releases_of(1), full_register, make_spec()).profile
    assert sorted(profile.columns.drop("unit_id")) == sorted(read_codebook().profile_labels)


def test_no_two_columns_share_a_label():
    book = read_codebook()
    labels = [label for name in Covariate for label in book.columns(name).values()]
    assert len(labels) == len(set(labels))
    assert len(set(book.profile_labels.values())) == len(book.profile_labels)


def test_levels_in_the_codebook_are_those_of_the_contract():
    book, tables = read_codebook(), TABLES
    codes = {c.name: c.codes for c in tables["person"].columns} | {"region": ()}
    assert book.covariates[Covariate.ethnicity].values == ", ".join(codes["ethnicity"])
    releases = next(c.codes for c in tables["custody_spell"].columns if c.name == "release_type")
    words = {"hdc": "home detention curfew", "approved_premises": "approved premises"}
    said = book.covariates[Covariate.release_type].values.partition(";")[0]
    assert sorted(said.split(", ")) == sorted(words.get(code, code) for code in releases)


def test_the_page_is_up_to_date():
    """After a change of the codebook: python -m jdl_toolkit.covariates > docs/codebook.md"""
    page = (Path(__file__).parent.parent / "docs" / "codebook.md").read_text(encoding="utf-8")
    assert page == codebook_page(), "out of date: run `python -m jdl_toolkit.covariates > docs/codebook.md`"


def test_a_lab_describes_its_own_columns_and_renames_others(tmp_path, full_register):
    own = tmp_path / "covariates.yml"
    own.write_text(
        "extra: {debts: {label: Debts (log of 1 + pounds), values: pounds}}\ncovariates: {sex: {label: Gender}}\n",
        encoding="utf-8",
    )
    book = read_codebook(own)
    covariates = build_covariates(releases_of(1), full_register, make_spec(covariates={"use": ["sex", "extra"]}), book)
    assert covariates.labels["extra_debts"] == "Debts (log of 1 + pounds)"
    assert covariates.labels["extra_tenure"] == "Tenure"  # not described
    assert covariates.labels["sex"] == "Gender"
    described = covariates.codebook.set_index("column")
    assert described.loc["extra_debts", ["covariate", "values"]].tolist() == ["extra", "pounds"]
    assert described.loc["extra_tenure", "values"] == book.covariates[Covariate.extra].values
    table = codebook(book=book).set_index("covariate")
    assert table.loc["extra_debts", ["label", "n_columns"]].tolist() == ["Debts (log of 1 + pounds)", 1]
    assert read_codebook(tmp_path / "nothing.yml") == read_codebook()


def test_a_labs_faults_are_told_all_at_once(tmp_path):
    own = tmp_path / "covariates.yml"
    own.write_text(
        "extra: {debts: {meaning: owed}}\ncovariates: {aeg: {label: Age}, sex: {lable: S}}\n", encoding="utf-8"
    )
    with pytest.raises(JDLError) as fault:
        read_codebook(own)
    text = str(fault.value)
    assert "extra.debts.label" in text and "covariates.aeg" in text and "covariates.sex.lable" in text


class CoveredRegister:
    """A register that has people since ever, disposals since 2001, spells at work since 2004 and nothing else."""

    rows = {"disposal": 2001, "offence": 2000, "employment_spell": 2004}

    def has(self, table: str) -> bool:
        return table in self.rows or table == "person"

    def coverage(self) -> pd.DataFrame:
        years = [(table, year, n) for table, first in self.rows.items() for year, n in ((first - 1, 0), (first, 9))]
        return pd.DataFrame(years, columns=["table", "year", "n_rows"])


def test_the_codebook_says_since_when_a_register_has_the_records():
    table = codebook(CoveredRegister()).set_index("covariate")
    assert table.loc[["region", "previous_offences", "employed_share"], "since"].tolist() == [2001, 2001, 2004]
    assert table.loc["index_severity", "since"] == 2000
    assert table.loc[["sex", "region", "employed_share"], "is_recorded"].all()
    assert table.loc[["sex", "on_benefit", "release_type", "needs"], "since"].isna().all()
    assert not table.loc[["on_benefit", "release_type", "needs", "extra"], "is_recorded"].any()
    assert list(codebook()) == [c for c in table.reset_index() if c not in ("is_recorded", "since")]
