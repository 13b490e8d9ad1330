"""The leak check: no name, date of birth or identifier of anybody may stand in a published file.

Rules, stated once
------------------
- **Full name**: forename and surname of one person side by side in either order, with or without the middle name,
  initials, or a word in brackets or quotation marks between them, in any script; case, accents, ligatures, invisible
  characters, hyphens, apostrophes and spaces within a name do not matter (`DaleBrown`, `o threlfall`), and a number
  between two words keeps them apart. Not counted where the same words stand side by side in the toolkit's own texts or
  labels, nor within the whole name of the organisation, of its service, or of who signed; but the name of an
  organisation or service that holds the full name of somebody of the upload is no exception (`names_of_people`), nor
  are values of the upload's columns and titles of analyses. Two cells of words in a row of a table are read side by
  side. Of the upload, one capitalised word between is passed over as well ("Dale Peter Brown").
- **Rare surname**: a word of at least four letters, written with a capital, that is the surname of at most one person
  in 10,000 of the register (of a single one in a small register). Not counted if it is an ordinary word or place
  (`ORDINARY_WORDS`), or a word of the toolkit's own texts or of a public text of the findings.
- **Surname with an initial** ("D. Brown", "Brown, D."), both capital: of at most as many people of the register as a
  rare surname; ordinary words are no exception. Not counted if it stands in a public text of the findings.
- **Date of birth**: any date, written as 1985-05-16, 16/05/1985, 16/05/85, 16.05.1985, 16 05 1985, 05/16/1985,
  16 May 1985, 16-May-85, May 16, 1985, 19850516 or 16051985, on which somebody was born. Not counted are the dates of
  the request itself: data period, period of the index dates, date received, sign-offs, dates in labels.
- **PNC id** (either form), **prison number**, **CRO number**: as on record, with spaces or hyphens within or not.

The files are read first; only the words, dates and numbers found there are then looked up among the people of the
upload and of the register, so that the size of the register hardly matters. What is found is named by file and kind,
never shown.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from ..identifiers import normalise_pnc_id
from .published_text import read_text, read_texts
from .written_dates import dates_in

FULL_NAME, SURNAME, BIRTH = "full name", "rare surname", "date of birth"
INITIAL = "surname with an initial"
PNC, PRISON, CRO = "PNC id", "prison number", "CRO number"
#: Of the upload only: among all people of a register, somebody is called like many words.
AROUND = "full name around another word"
UNREADABLE = "could not be read"

#: Longest run of words looked up as a name: forename, middle name and surname of up to five words together.
LONGEST_NAME = 5
#: Letters of forename and surname that may be one written together.
SHORTEST_TOGETHER = 8
LONGEST_TOGETHER = 30
#: Single letters side by side, from which they are read as words drawn apart.
LETTERS_APART = 6
RARE_SHARE, SHORTEST_SURNAME = 1 / 10_000, 4
#: Columns of names, of people and of the other names that they have used.
NAMES, ALIASED = ("forename", "middle_name", "surname"), ("forename", "surname")
#: Surnames that are common, or words of everyday English, places and techniques as well: never a leak by themselves.
ORDINARY_WORDS = frozenset(
    """
    abbey adams alexander allen anderson andrews archer armstrong arrow august autumn bailey baker ball banks barber
    barker barnes barrow bell bennett best bishop black blue board bold bond booth borders bourne bowman bradford
    branch brand bridge bright bristol brook brooks brown bull burns bush butcher butler byrne camp campbell carpenter
    carter case castle chance chapel chapman chester church clark clarke clay clear close coast cole collins cook
    cooper cornwall cotton court cox craft creator crisp cross crown cumbria curtis dale davidson davies davis dawn
    dawson day dean derby devon dickens dixon doctor dorset down drew drive dublin duke durham early east edwards
    elliott ellis england english essex evans farmer felt field figure fisher flint flood flower ford forest foster
    foundation fowler fox france francis free freeman french friend frost gardner gate gates gibson gill glass gold
    golden good gordon grace graham grant gray green grey griffiths hall hampshire hand hardy harris harrison hart
    harvey hawk head heart heath henderson hill hills holland holmes holt home hope house howard howe hudson hughes
    hunt hunter hussain hyde inset ireland iron jackson james january jenkins john johnson jones jordan joseph judge
    july june justice kaur kelly kent khan king kingdom knight knowles lake lamb lancaster lane large law lawrence
    lawson leeds legend leicester lewes lewis lincoln little lloyd lock london long lord love luke manchester manor
    march margin mark marsh marshall martin mason masters matthews measure mersey merseyside middle midlands miller
    mills mitchell moody moon moore morgan morris morrison moss murphy murray nash newcastle newman newport newton
    noble norfolk norman north northern nottingham note oliver olive orange oxford page palmer park parker parsons
    patel payne peace pearce pearson penny perkins perry person phillips place plain plane pole poole pope porter
    potter powell power preston price prince prior prize proctor quick rate read reading reason reed reeves regent
    relief reynolds rice rich richards richardson richmond riley ring rivers roads roberts robertson robinson rogers
    root rose ross round rowe royal russell salt sands sans saunders scotland scott serif shape sharp shaw shepherd
    short silver simpson singer singh smart smith south southern space sparks speed spencer spring staff stafford
    stage stephens sterling stevens stewart stock stone street strong stroke style suffolk summer summers surrey
    sussex sutton swan swift table tailor taylor temple thomas thompson thomson tower town towns tree trust turner
    tyler underwood united version wales walk walker wall wallace walsh ward warden warwick waters watson watts weaver
    webb webster weight wells welsh west western wheeler white wild wilkinson will williams williamson wills wilson
    wiltshire winter wise wolf wood woods word world worth wright yates york yorkshire young april december february
    friday monday november october saturday september sunday thursday tuesday wednesday dejavu helvetica arial verdana
    liberation matplotlib typst python jupyter ipython papermill unicode macintosh windows linux
    """.split()
)  # fmt: skip


def find_leaks(
    paths: Iterable[Path], register: Any, people: pd.DataFrame | Any, findings: Any = None
) -> list[tuple[Path, str]]:
    """Personal data in files that are about to be published.

    Parameters
    ----------
    paths : iterable of Path
    register : Register or None
        Tables person and, if there, person_alias are asked.
    people : DataFrame, Submission or None
        The upload: forename, middle_name, surname, dob, pnc_id, prison_number.
    findings : Findings, optional
        Its ``public_texts()`` and ``public_dates()`` may stand in the files; its ``given_names()``, as far as they hold
        nobody's name, too.

    Returns
    -------
    list of (Path, str)
        File and kind of what was found, sorted; empty if nothing was. A file that cannot be read is reported as such.
    """
    texts, leaks = {}, set()
    for path in paths:
        try:
            texts[Path(path)] = read_texts(path)
        except ValueError:
            leaks.add((Path(path), UNREADABLE))
    kinds = _kinds_in(texts.values(), register, people, findings)
    return sorted(leaks | {(path, kind) for path, found in zip(texts, kinds, strict=True) for kind in found})


def kinds_in_texts(
    texts: Iterable[str], register: Any, people: pd.DataFrame | Any, findings: Any = None
) -> list[list[str]]:
    """Kinds of personal data in each of some texts that are no files yet, by the rules of `find_leaks`."""
    return _kinds_in([read_text(text) for text in texts], register, people, findings)


def names_of_people(names: Iterable[str], people: pd.DataFrame | Any) -> list[str]:
    """Those of some names that hold forename and surname of somebody of an upload, by the rule of a full name."""
    people, held = getattr(people, "people", people), []
    for name in dict.fromkeys(names):
        found = _in_people(_Found.of([name]), people)
        if any(not is_own(run) for run in found[FULL_NAME] | found[AROUND]):
            held.append(name)
    return held


def _kinds_in(
    files: Iterable[Sequence[str]], register: Any, people: pd.DataFrame | Any, findings: Any
) -> list[list[str]]:
    """Kinds of what is found in the texts of each file."""
    people = getattr(people, "people", people)
    names = _whole_names(_exempt(findings, people)) if findings is not None else None
    read: dict[str, _Found] = {}  # the same texts stand in many files
    found_in = []
    for texts in map(dict.fromkeys, files):
        read |= {text: _Found.of([text], names) for text in texts if text not in read}
        found_in.append(_Found.together(read[text] for text in texts))
    sought = _Found.together(found_in).without(findings)
    known = [_in_people(sought, people)] if people is not None else []
    known += [_in_register(sought, register)] if register is not None else []
    for found in (result.get(kind, set()) for result in known for kind in (FULL_NAME, AROUND)):
        found -= {name for name in found if is_own(name)}
    known.append({SURNAME: _rare_surnames(sought, register, people), INITIAL: _rare_initials(sought, register, people)})
    kinds = []
    for parts in (found.parts() for found in found_in):
        of = {kind for result in known for kind, values in result.items() if values & parts[kind]}
        kinds.append(sorted({FULL_NAME if kind == AROUND else kind for kind in of}))
    return kinds


def _exempt(findings: Any, people: pd.DataFrame | None) -> list[str]:
    """Names that may be shown as a whole: none that was given to an organisation or service and is somebody's."""
    barred = set(names_of_people(findings.given_names(), people)) if people is not None else set()
    return [name for name in findings.public_names() if name not in barred]


def _whole_names(names: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern of names that may be shown, each as a whole, whatever stands between its words."""
    words = {tuple(_WORD.findall(bare(name))) for name in names}
    whole = sorted((r"[\W_]*".join(one) for one in words if len(one) > 1), key=len, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(whole)})(?![^\W_])", re.IGNORECASE) if whole else None


# --- what stands in the files ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """Runs of words, capitalised words, dates and identifiers of some files, each normalised."""

    runs: set[str] = field(default_factory=set)
    capitalised: set[str] = field(default_factory=set)
    dates: set[dt.date] = field(default_factory=set)
    pnc_ids: set[str] = field(default_factory=set)
    without_letter: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    initials: set[str] = field(default_factory=set)
    around: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, texts: Iterable[str], public_names: re.Pattern[str] | None = None) -> _Found:
        """What stands in texts; `public_names` are taken off before names are sought."""
        found = cls()
        for text in map(bare, texts):
            for letters in (m[0] for m in _LETTERS.finditer(text) if sum(map(str.isalpha, m[0])) >= LETTERS_APART):
                joined = " ".join("".join(_CHARACTER.findall(word)) for word in letters.split("  "))
                text += f"\n0\n{joined}"
                found.runs.update(_parts_of("".join(_WORD.findall(joined.upper()))))
            words = _WORD.findall(text)
            found.capitalised.update(w.upper() for w in words if len(w) >= SHORTEST_SURNAME and w[0].isupper())
            named = public_names.sub("\n0000\n", text) if public_names is not None else text
            found.runs.update(_runs(named))
            found.initials.update(_with_initials(named))
            found.around.update(_around(named))
            if _DIGIT.search(text):
                found.dates.update(dates_in(text))
                capital = text.upper()
                found.pnc_ids.update(f"{y}{'/' * ('/' in sign)}{n}{x}" for y, sign, n, x in _PNC.findall(capital))
                found.pnc_ids.update(f"{y}/{n}{x}" for y, _, n, x in _PNC_IN_PARTS.findall(capital))
                found.without_letter.update("/".join(m) for m in _PNC_DIGITS.findall(capital))
                found.numbers.update("".join(m) for m in _PRISON.findall(capital))
                found.numbers.update(_closed(m) for m in _CRO.findall(capital))
        if not found.pnc_ids:
            return found
        written = pd.Series(sorted(found.pnc_ids), dtype="object")
        return replace(found, pnc_ids=set(normalise_pnc_id(written).dropna()))

    @classmethod
    def together(cls, parts: Iterable[_Found]) -> _Found:
        whole = cls()
        for part in parts:
            for one in fields(cls):
                getattr(whole, one.name).update(getattr(part, one.name))
        return whole

    def without(self, findings: Any) -> _Found:
        """Without what may stand in a report."""
        if findings is None:
            usual, runs, initials, dates = set(), set(), set(), set()
        else:
            usual = {w.upper() for text in findings.public_texts() for w in _WORD.findall(bare(text))}
            labels = [bare(text) for text in findings.labels()]
            runs = {run for text in labels for run in _runs(text)}
            initials = {one for text in labels for one in _with_initials(text)}
            dates = set(findings.public_dates()) | {date for text in labels for date in dates_in(text)}
        usual |= {w.upper() for w in ORDINARY_WORDS} | own_text()[0]
        return replace(
            self,
            runs=self.runs - runs,
            around=self.around - runs,
            capitalised=self.capitalised - usual,
            initials=self.initials - initials,
            dates=self.dates - dates,
        )

    def parts(self) -> dict[str, set]:
        numbers = {PRISON: self.numbers, CRO: self.numbers, PNC: self.pnc_ids | self.without_letter}
        return numbers | {
            FULL_NAME: self.runs,
            AROUND: self.around,
            SURNAME: self.capitalised,
            INITIAL: self.initials,
            BIRTH: self.dates,
        }


_WORD = re.compile(r"[^\W\d_]+")
#: A word in brackets or quotation marks, as in "John (Jack) Smith".
_ASIDE = re.compile(r"(?<=\w)\s*[(\[\"“‘'«]\s*[^\W\d_]+(?:[ -][^\W\d_]+)?\s*[)\]\"”’'»](?=,?\s*\w)")
#: The mark of a note behind a word, and a title behind a comma: "Dale[1] Brown", "Dale1 Brown", "Brown, Mr Dale".
_BETWEEN = re.compile(
    r"(?<=[^\W\d_]{2})(?:\[[\da-zA-Z*]{1,2}\]|\(\d{1,2}\)|\d{1,2}|[*†‡§]{1,3})(?=,?\s+[^\W\d_])"
    r"|,\s*(?:MR|MRS|MS|MISS|MX|DR|SIR|REV)\b\.?"
)
#: Three or four capitalised words, one space apart.
_CAPITALISED = r"[^\W\d_a-zа-я][^\W\d_](?:[^\W\d_]|[-'’](?=\w))*"
_THREE = re.compile(rf"(?<![\w-])(?=({_CAPITALISED}) {_CAPITALISED} ({_CAPITALISED})(?: ({_CAPITALISED}))?)")
#: Characters one by one: "D a l e", "B.r.o.w.n".
_LETTERS = re.compile(r"(?<![^\W_])(?:[^\W_](?: {1,3}|\. ?)){5,}[^\W_](?![^\W_])")
_CHARACTER = re.compile(r"[^\W_]")
#: "D. Brown", "D Brown", "Brown, D." and "BROWN D": the initial, and the surname.
_INITIAL_FIRST = re.compile(r"(?<![^\W_])([^\W\d_])(?:\.\s*[^\W\d_])*(?:\.\s*| )([^\W\d_](?:[^\W\d_]|[-’'](?=\w))+)")
_INITIAL_LAST = re.compile(r"(?<![^\W_])([^\W\d_](?:[^\W\d_]|[-’'](?=\w))+),? ([^\W\d_])(?![^\W_])")
_DIGIT = re.compile(r"\d")
#: What an identifier may be glued to, and what may stand between its parts.
_BEFORE = r"(?:(?<![0-9A-Z])|(?<=PNC)|(?<=PNCID)|(?<=NOMIS)|(?<=NOMISID)|(?<=CRO))"
_GAP = r"[ \f\u00a0./\\_-]?"
_PNC = re.compile(rf"(?=\d){_BEFORE}(\d{{4}}|\d{{2}})( ?//? ?|-)?(\d{{1,7}})[ \f\u00a0/-]?([A-Z])(?![0-9A-Z])")
_PNC_IN_PARTS = re.compile(rf"(?=\d{{4}}){_BEFORE}(\d{{4}})([ \f._\\-])(\d{{7}}){_GAP}([A-Z])(?![0-9A-Z])")
#: A PNC id without its check letter.
_PNC_DIGITS = re.compile(rf"(?=\d{{4}}){_BEFORE}((?:19|20)\d{{2}})[/_\\-](\d{{7}})(?![0-9A-Z])")
_PRISON = re.compile(rf"(?=[A-Z]{_GAP}\d){_BEFORE}([A-Z]){_GAP}(\d{{4}}){_GAP}([A-Z]{{2}})(?![0-9A-Z])")
_CRO = re.compile(rf"(?=\d){_BEFORE}(\d{{1,6}} ?/ ?\d{{2}}[ \f\u00a0-]?[A-Z])(?![0-9A-Z])")
#: Letters of their own that stand for letters with a mark, and what is written in their place.
_FOLDED = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "þ": "th", "Þ": "TH"}
    | {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ı": "i", "ħ": "h", "Ħ": "H"}
    | dict.fromkeys("‐‑‒–—−", "-")
)


#: A word of Latin letters with one of another script that looks like one of them.
_OTHER_SCRIPT = re.compile(r"[\u0370-\u052f]")
_MIXED = re.compile(r"[^\W\d_]*(?:[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z])[^\W\d_]*")
_ALIKE = str.maketrans(
    "аеорсухіјѕԁһԛԝАВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧονικρα", "aeopcyxijsdhqwABEKMHOPCTYXIJSABEZHIKMNOPTYXovikpa"
)


def bare(text: str) -> str:
    """Text without accents and invisible characters, letters of their own as they are written in English."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKD", text).translate(_FOLDED | _unseen())
    return _MIXED.sub(lambda word: word[0].translate(_ALIKE), text) if _OTHER_SCRIPT.search(text) else text


@cache
def _unseen() -> dict[int, None]:
    """Accents and other marks, and characters that format a text and are not seen: none of them is part of a name."""
    return {
        c: None
        for c in (*range(128, 0x20000), *range(0xE0000, 0xE0200))
        if unicodedata.category(chr(c)) in ("Mn", "Mc", "Me", "Cf")
    }


def _closed(number: str) -> str:
    """An identifier without spaces and hyphens."""
    return re.sub(r"[\s-]+", "", number)


def _runs(text: str) -> set[str]:
    """Runs of two to five words, side by side in a text, and long words, written together.

    A number between two words keeps them apart; a note's mark, a title or single letters between them do not.
    """
    runs: set[str] = set()
    upper = text.upper()
    parts = re.split(r"\d+", upper)
    parts += [_ASIDE.sub(" ", part) for part in parts if _ASIDE.search(part)]
    for m in _BETWEEN.finditer(upper):
        near = upper[max(0, m.start() - 80) : m.start()], upper[m.end() : m.end() + 80]
        parts.append(f"{re.split(_DIGIT, near[0])[-1]} {re.split(_DIGIT, near[1])[0]}")
    for part in parts:
        words = _WORD.findall(part)
        _add_runs(runs, words)
        if len(longer := [word for word in words if len(word) > 1]) < len(words):
            _add_runs(runs, longer)
    return runs


def _around(text: str) -> set[str]:
    """Capitalised words with one other between, as "Dale Peter Brown", without the one between."""
    found = set()
    for m in _THREE.finditer(text):
        first, last, more = (_letters(part or "").upper() for part in m.groups())
        found |= {first + last, first + last + more}
    return found


def _letters(text: str) -> str:
    return "".join(_WORD.findall(text))


def _parts_of(letters: str) -> set[str]:
    """All parts of letters that may be forename and surname together."""
    sizes = range(SHORTEST_TOGETHER, min(len(letters), LONGEST_TOGETHER) + 1)
    return {letters[i : i + n] for n in sizes for i in range(len(letters) - n + 1)}


def _with_initials(text: str) -> set[str]:
    """Capitalised words with an initial, as "D BROWN". A and I are initials only with a full stop."""
    found = {(m[1], m[2]) for m in _INITIAL_FIRST.finditer(text) if m[1] not in "AI" or "." in m[0]}
    found |= {(m[2], m[1]) for m in _INITIAL_LAST.finditer(text) if m[2] not in "AI" or "," in m[0]}
    return {f"{i} {''.join(_WORD.findall(w)).upper()}" for i, w in found if i.isupper() and w[0].isupper()}


def _add_runs(runs: set[str], words: list[str]) -> None:
    runs.update(word for word in words if len(word) >= SHORTEST_TOGETHER)
    for n in range(2, min(LONGEST_NAME, len(words)) + 1):
        runs.update(map("".join, zip(*(words[i:] for i in range(n)), strict=False)))


@cache
def own_text() -> tuple[frozenset[str], str]:
    """Words of the toolkit's own texts, its modules and the templates of its notebooks; and the texts themselves.

    In the latter, words stand apart by one space, and numbers between them by more. The lists of names it ships
    (nicknames, invented people) are left out, and the validation study, which names people to show how they are found
    and of which nothing stands in a report.
    """
    root = Path(__file__).resolve().parent.parent
    names = {root / "register" / "nicknames.py", Path(__file__).resolve()}
    names |= {path for folder in ("synthetic", "validation") for path in (root / folder).rglob("*.py")}
    sources = [p for p in sorted(root.rglob("*.py")) if p not in names]
    sources += [p for folder in ("_lab", "../notebooks") for p in sorted((root / folder).rglob("*.ipynb"))]
    words, parts = set(), []
    for path in sources:
        for text in [path.read_text(encoding="utf-8")] if path.suffix == ".py" else read_texts(path):
            for part in re.split(r"\d+", bare(text).upper()):
                found = _WORD.findall(part)
                words.update(found)
                parts.append(" ".join(found))
    return frozenset(words), "  ".join(parts)


def is_own(run: str) -> bool:
    """Whether words, written together, stand side by side in the toolkit's own texts."""
    text = own_text()[1]
    if run not in _own_together():
        return False
    return re.search(rf"(?<![^ ]){' ?'.join(run)}(?![^ ])", text) is not None


@cache
def _own_together() -> str:
    return own_text()[1].replace("  ", "\n").replace(" ", "")


# --- whom it may belong to -------------------------------------------------------------------------------------------


def _in_people(sought: _Found, people: pd.DataFrame) -> dict[str, set]:
    """What was found, as far as it is of the upload."""
    names = {
        "".join(parts).replace(" ", "")
        for order in (("forename", "surname"), ("surname", "forename"), ("forename", "middle_name", "surname"))
        if set(order) <= set(people)
        for parts in zip(*(_keys(people[column]) for column in order), strict=True)
        if all(parts)
    }
    dates = {stamp.date() for stamp in pd.to_datetime(people["dob"]).dropna()} if "dob" in people else set()
    found: dict[str, set] = {FULL_NAME: names & sought.runs, AROUND: names & sought.around}
    found[BIRTH] = dates & sought.dates
    if "pnc_id" in people:
        pnc_ids = set(normalise_pnc_id(people["pnc_id"]).dropna())
        found[PNC] = pnc_ids & sought.pnc_ids | {one[:-1] for one in pnc_ids} & sought.without_letter
    if "prison_number" in people:
        found[PRISON] = {_closed(str(n).upper()) for n in people["prison_number"].dropna()} & sought.numbers
    return found


def _keys(names: pd.Series) -> list[str]:
    return [" ".join(_WORD.findall(bare(str(n)).upper())) if isinstance(n, str) else "" for n in names]


def _key(column: str) -> str:
    """SQL for a name as `_keys` makes it."""
    known = f"coalesce({column}, '')"
    folded = "".join(chr(letter) for letter, other in _FOLDED.items() if len(other) == 1)
    others = "".join(other for other in _FOLDED.values() if len(other) == 1)
    marked = f"translate({known}, '{folded}', '{others}')"
    for letter, other in _FOLDED.items():
        marked = f"replace({marked}, '{chr(letter)}', '{other}')" if len(other) > 1 else marked
    marked = f"regexp_replace(nfc_normalize({marked}), '\\p{{Cf}}+', '', 'g')"
    plain = f"CASE WHEN regexp_matches({known}, '[^\\x00-\\x7F]') THEN strip_accents({marked}) ELSE {known} END"
    return f"trim(regexp_replace(upper({plain}), '[^\\p{{L}}]+', ' ', 'g'))"


def _spelt(register: Any) -> str:
    """SQL for a table of every distinct name of the register as it is compared: a million people have few.

    Columns: name as on record, key as `_keys` makes it, letters without what stands between its parts.
    """
    columns = [(column, "person") for column in NAMES]
    columns += [(column, "person_alias") for column in ALIASED if register.has("person_alias")]
    distinct = " UNION ".join(f"SELECT {column} AS name FROM {table}" for column, table in columns)
    keyed = f"SELECT name, {_key('name')} AS key FROM ({distinct}) WHERE name <> ''"
    return f"spelt AS MATERIALIZED (SELECT name, key, replace(key, ' ', '') AS letters FROM ({keyed}))"


def _joined(table: str, column: str) -> str:
    """SQL that adds to a column of names, under the name `table`, how they are compared; empty for no name."""
    known = f"(FROM spelt UNION ALL SELECT '', '', '') {table}"
    return f" JOIN {known} ON {table}.name = coalesce({column}, '')"


def _in_register(sought: _Found, register: Any) -> dict[str, set]:
    """What was found, as far as it is of the register."""
    named = "SELECT f.letters AS f, m.letters AS m, s.letters AS s FROM person p"
    named += "".join(_joined(name, f"p.{column}") for name, column in zip("fms", NAMES, strict=True))
    born = "SELECT dob FROM person"
    if register.has("person_alias"):
        named += " UNION ALL SELECT f.letters, '', s.letters FROM person_alias a JOIN person p USING (person_id)"
        named += "".join(
            _joined(one, f"coalesce(a.{column}, p.{column})") for one, column in zip("fs", ALIASED, strict=True)
        )
        born += " UNION ALL SELECT dob FROM person_alias"
    runs = pd.DataFrame({"run": sorted(sought.runs)}, dtype="str")
    query = f"""
        WITH {_spelt(register)}, names AS (FROM ({named}) WHERE f <> '' AND s <> ''),
             whole AS (SELECT f || s AS run FROM names UNION ALL SELECT s || f FROM names
                       UNION ALL SELECT f || m || s FROM names WHERE m <> '')
        SELECT DISTINCT run FROM whole SEMI JOIN runs USING (run)"""
    found = {FULL_NAME: set(register.sql(query, runs=runs)["run"])}
    days = pd.DataFrame({"dob": pd.to_datetime(sorted(sought.dates))})
    query = f"SELECT DISTINCT dob FROM ({born}) SEMI JOIN (SELECT dob::DATE AS dob FROM days) USING (dob)"
    found[BIRTH] = {pd.Timestamp(d).date() for d in register.sql(query, days=days)["dob"]}
    for kind, column, values in (
        (PNC, "pnc_id", sought.pnc_ids),
        (PRISON, "prison_number", sought.numbers),
        (CRO, "cro", sought.numbers),
    ):
        frame = pd.DataFrame({"sought": sorted(values)}, dtype="str")
        query = f"SELECT DISTINCT sought FROM frame WHERE sought IN (SELECT upper({column}) FROM person)"
        found[kind] = set(register.sql(query, frame=frame)["sought"])
    frame = pd.DataFrame({"sought": sorted(sought.without_letter)}, dtype="str")
    query = "SELECT DISTINCT sought FROM frame WHERE sought IN (SELECT left(upper(pnc_id), -1) FROM person)"
    found[PNC] |= set(register.sql(query, frame=frame)["sought"])
    return found


def _rare_surnames(sought: _Found, register: Any, people: pd.DataFrame | None) -> set[str]:
    """Capitalised words that are surnames of the upload or the register, and rare on the register."""
    words = pd.DataFrame({"word": sorted(sought.capitalised)}, dtype="str")
    of_upload = set()
    if people is not None:
        of_upload = {w for key in _keys(people["surname"]) for w in (*key.split(), key.replace(" ", ""))}
        of_upload &= sought.capitalised
    if register is None:
        return of_upload
    query = f"""
        WITH {_spelt(register)}, held AS (SELECT surname AS name, count(*) AS n FROM person GROUP BY surname)
        SELECT word, sum(n) AS n
        FROM (SELECT unnest(string_split(key, ' ')) AS word, n FROM held JOIN spelt USING (name))
        SEMI JOIN words USING (word) GROUP BY word"""
    held = register.sql(query, words=words).set_index("word")["n"]
    n_people = int(register.sql("SELECT count(*) AS n FROM person")["n"].iloc[0])
    most = max(1, int(n_people * RARE_SHARE))
    return {word for word in of_upload | set(held.index) if held.get(word, 0) <= most}


def _rare_initials(sought: _Found, register: Any, people: pd.DataFrame | None) -> set[str]:
    """Initials with surnames, of the upload or the register, that as few on the register have as a rare surname."""
    of_upload = set()
    if people is not None:
        both = zip(_keys(people["forename"]), _keys(people["surname"]), strict=True)
        of_upload = {f"{f[0]} {s.replace(' ', '')}" for f, s in both if f and s} & sought.initials
    if register is None:
        return of_upload
    words = pd.DataFrame({"word": sorted(sought.initials)}, dtype="str")
    query = f"""
        WITH {_spelt(register)}
        SELECT word, count(*) AS n
        FROM (SELECT left(f.key, 1) || ' ' || s.letters AS word
              FROM person p {_joined("f", "p.forename")} {_joined("s", "p.surname")})
        SEMI JOIN words USING (word) GROUP BY word"""
    held = register.sql(query, words=words).set_index("word")["n"]
    most = max(1, int(int(register.sql("SELECT count(*) AS n FROM person")["n"].iloc[0]) * RARE_SHARE))
    return {word for word in of_upload | set(held.index) if held.get(word, 0) <= most}
