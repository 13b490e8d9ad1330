"""The examples of all docstrings run; every result shows itself, completes by tab and says nothing of a person.

One process makes the demonstration request once (`examples.foundation`), and every example works on that. What an
example leaves in its names is what the other tests look at: an example of a result makes one.
"""

import doctest
import importlib
import inspect
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from IPython.core.completer import IPCompleter, provisionalcompleter

import jdl_toolkit
from jdl_toolkit import examples, exploratory
from jdl_toolkit.covariates import Covariates
from jdl_toolkit.document import Block, Figure, Inset, Table, Words
from jdl_toolkit.register import Register
from jdl_toolkit.result import Result

PACKAGE = Path(jdl_toolkit.__file__).parent
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
#: What every result has, beside its own.
SHARED = {"blocks", "load", "plot", "save", "summary", "table", "to_frame", "words"}
#: Of the invented people, what must stand in nothing that is shown.
PERSONAL = ("surname", "pnc_id", "prison_number")


def modules_with(text: str) -> list[str]:
    """Names of the package's modules whose source holds a text; the others need not be imported."""
    paths = [path for path in PACKAGE.rglob("*.py") if text in path.read_text()]
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in paths]
    return sorted(name.removesuffix(".__init__") for name in names)


def result_classes() -> list[type[Result]]:
    for name in modules_with("(Result)"):
        importlib.import_module(name)
    found, new = set(), {Result}
    while new := {sub for cls in new for sub in cls.__subclasses__()} - found:
        found |= new
    public = [cls for cls in found if cls.__module__.startswith("jdl_toolkit.") and not cls.__name__.startswith("_")]
    return sorted(public, key=lambda cls: cls.__name__)


RESULTS = result_classes()


@pytest.fixture(scope="module", autouse=True)
def unmarked() -> None:
    """Nothing here is made by hand, whatever the process did before."""
    exploratory.mark(False)


@pytest.fixture(scope="module")
def ran() -> dict[str, tuple[str, dict]]:
    """Full name of a docstring -> what went wrong in its examples, and the names that they left."""
    done, finder = {}, doctest.DocTestFinder(exclude_empty=True)
    for name in modules_with(">>> "):
        for test in finder.find(importlib.import_module(name), name):
            if test.examples:
                said, runner = io.StringIO(), doctest.DocTestRunner(optionflags=FLAGS)
                runner.run(test, out=said.write, clear_globs=False)
                done[test.name] = (said.getvalue(), test.globs)
    return done


@pytest.fixture(params=RESULTS, ids=lambda cls: cls.__name__)
def shown(request, ran) -> Result:
    """The result that a class's own example made."""
    name = f"{request.param.__module__}.{request.param.__name__}"
    assert name in ran, f"{name} has no example in its docstring"
    made = [value for value in ran[name][1].values() if type(value) is request.param]
    assert made, f"the example of {name} leaves no {request.param.__name__} in its names"
    return made[0]


def test_every_example_runs(ran):
    wrong = [said for said, _ in ran.values() if said]
    assert not wrong, "\n".join(wrong)
    assert len(ran) > len(RESULTS) > 15


def test_a_result_shows_a_summary_and_blocks(shown, monkeypatch):
    summary, blocks = shown.summary(), shown.blocks()
    assert summary.strip() and summary != type(shown).__name__, "it says what it found"
    assert repr(shown) == summary and str(shown).startswith(summary)
    assert isinstance(blocks[0], Words | Inset) and all(isinstance(block, Block) for block in blocks)
    displayed = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    shown._ipython_display_()
    assert tuple(displayed) == blocks, "one output for each block"
    html = shown._repr_html_()
    for block in blocks:
        assert block.to_html() in html and json.dumps(block.to_json())
    for table in [block for block in blocks if isinstance(block, Table)]:
        assert table.caption and all(table.columns) and len(set(table.columns)) == len(table.columns)
        assert {len(row) for row in table.rows} <= {len(table.columns)}
        assert not any("_" in name for name in table.columns), "headings are words"
    for figure in [block for block in blocks if isinstance(block, Figure)]:
        assert figure.caption and len(figure.alt) >= 20 and figure.data


def _is_named(column: str, said: str) -> bool:
    """Whether a column is described: by its name or, in a list of such, by how it ends (``estimate, _se, _ci_low``)."""
    ends = [column[i:] for i, letter in enumerate(column) if letter == "_"]
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) for name in (column, *ends))


def test_a_result_has_its_numbers_with_their_columns_described(shown):
    frame = shown.to_frame()
    assert isinstance(frame, pd.DataFrame) and len(frame.columns)
    assert not any(frame is held for held in vars(shown).values()), "changing the frame does not change the result"
    said = inspect.getdoc(type(shown).to_frame) + inspect.getdoc(type(shown))
    for cls in [cls for cls in RESULTS if f"`{cls.__name__}." in said]:  # where it is as of another
        said += inspect.getdoc(cls) + inspect.getdoc(cls.to_frame)
    for name in re.findall(r"`(\w+)`", inspect.getdoc(type(shown).to_frame)):  # or of a property
        said += inspect.getdoc(inspect.getattr_static(type(shown), name, None)) or ""
    assert [c for c in frame.columns if not _is_named(c, said)] == []


def test_print_shows_the_summary_and_a_plain_table(shown):
    text, table = str(shown), shown.table()
    assert (table is None and text == repr(shown)) or text == f"{shown!r}\n\n{table}"
    assert "<" not in re.sub(r"<0\.01", "", text), "no markup"


def completions(*, use_jedi: bool = False, **names) -> set[str]:
    (name,) = names
    completer = IPCompleter(namespace=names, use_jedi=use_jedi)
    completer.disable_matchers = ["IPCompleter.magic_matcher"]  # which asks a shell
    with provisionalcompleter():
        return {c.text.removeprefix(".") for c in completer.completions(f"{name}.", len(name) + 1)}


def test_tab_offers_fields_and_methods_and_evaluates_nothing(shown, monkeypatch):
    kind, looked_at = type(shown), []
    described = {name for name in dir(kind) if inspect.getdoc(inspect.getattr_static(kind, name))}
    for name, value in inspect.getmembers_static(kind):
        if isinstance(value, property) or type(value).__name__ == "cached_property":
            monkeypatch.setattr(kind, name, property(lambda _, name=name: looked_at.append(name)))
    offered = completions(result=shown)
    assert not looked_at, "a property may cost a minute"
    assert {name for name in offered if name.startswith("_")} == set(), "no private clutter"
    assert offered >= SHARED | set(kind.__dataclass_fields__) - {n for n in dir(kind) if n.startswith("_")}
    assert offered - set(kind.__dataclass_fields__) <= described, "each says what it is"


def texts_of(blocks) -> str:
    """All that blocks show, in every form that a notebook's file keeps."""
    return "\n".join(json.dumps(block.to_json(), ensure_ascii=False) + str(block) for block in blocks)


@pytest.fixture(scope="module")
def personal() -> set[str]:
    """Identifiers, days of birth, and names in full of those submitted; of the register's people, identifiers."""
    people = examples.foundation().submission.people
    dobs = pd.to_datetime(people["dob"]).dropna()
    found = {f"{a} {b}" for a, b in zip(people["forename"], people["surname"], strict=True)}
    found |= {day for form in ("%Y-%m-%d", "%d/%m/%Y", "%-d %B %Y") for day in dobs.dt.strftime(form)}
    for column in ("pnc_id", "prison_number"):
        found |= set(people[column].dropna())
    return {text.lower() for text in found}


def test_the_other_way_of_completing_offers_the_same(ran):
    covariates = examples.foundation().covariates
    assert completions(result=covariates, use_jedi=True) == completions(result=covariates)


def test_no_block_holds_a_name_a_day_of_birth_or_an_identifier(shown, personal):
    text = texts_of(shown.blocks()).lower() + repr(shown).lower()
    assert [one for one in personal if one in text] == []


def test_what_would_be_a_leak_is_found(personal):
    one = examples.foundation().submission.people.iloc[0]
    text = texts_of([Words(f"{one['forename']} {one['surname']}")]).lower()
    assert [name for name in personal if name in text]


def test_the_register_shows_its_period_and_tables_and_never_a_row(personal):
    register = examples.foundation().register
    assert completions(register=register) >= {"meta", "row_counts", "sql", "summary", "table"}
    n = register.sql("SELECT count(*) AS n FROM offence")["n"][0]
    assert ("offence", f"{n:,}") in [(row[0], row[-1]) for row in register.table().rows]
    text = (register._repr_html_() + str(register)).lower()
    assert "invented" in text and "1 january 1995" in text and [one for one in personal if one in text] == []
    with Register.open(register.path) as other:
        pass
    assert str(other) == repr(other) == register.summary(), "once it is closed, it still says what it was"


def test_a_terminal_shows_long_cells_in_lines():
    table = Table("k", "A caption", ("Reason", "People"), (("a " * 40, "5"), ("none", "1,234")), "lr", "A note.")
    caption, _, head, rule, first, second, last, _, note = str(table).splitlines()
    assert (caption, note) == ("A caption", "A note.")
    assert head.split() == ["Reason", "People"] and set(rule) == {"-", " "}
    assert first.endswith("      5") and second.split() == ["a"] * 16 and last.endswith("  1,234")


def test_the_groups_before_matching_differ_as_the_balance_says():
    example = examples.foundation()
    both = example.covariates.to_frame().merge(example.balance.rows, on=["covariate", "level"])
    assert len(both) > 50 and (both["smd"] - both["smd_pooled_before"]).abs().max() < 1e-12
    assert (both["treated"] - both["mean_treatment_all"]).abs().max() < 1e-9


def test_shares_of_few_people_are_withheld_in_table_and_picture():
    units = pd.DataFrame({"unit_id": range(60), "is_treated": [True] * 30 + [False] * 30})
    units["age"] = [20.0, 30.0] * 30
    units["region"] = ["North"] * 26 + ["Wales"] * 4 + ["North"] * 20 + ["Wales"] * 10
    units["employed"] = [1.0] * 10 + [0.0] * 20 + [1.0] * 15 + [0.0] * 15
    made = Covariates(units, units[["unit_id"]], {"age": "Age (years)", "region": "Region", "employed": "Employed"})
    cells = {row[0]: row[1:] for row in made.table().rows}
    assert cells["Age (years)"] == ("25.0", "25.0", "0.0") and cells["Employed"][:2] == ("33.3", "50.0")
    assert cells["Wales"] == cells["North"] == ("[c]",) * 3, "4 of 30 can be had from the other 26"
    assert made.table().note.endswith("[c]: fewer than 5 people.")
    assert {row["Label"] for row in made.plot().data} == {"Age", "Employed"}
    assert "[c]" not in str(replace(made, minimum_cell=4).table()), "as the request sets it"
