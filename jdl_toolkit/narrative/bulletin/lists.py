"""The key findings: which services showed a reduction, which an increase, which are not clear; and frequencies."""

from __future__ import annotations

from ...document import Words
from ...findings import Unit, Verdict
from ...portfolio.bulletin import Bulletin
from ...wording import Passage, capital, small_number
from ..ranges import difference_in_words, interval_in_words
from .naming import difference, effect_of, frequency_of, is_imported, limits, people, result_name, shown, with_verdict


def key_findings(bulletin: Bulletin) -> Words:
    """Every result of this lab by its verdict, the conclusive ones with their sizes, those of most people first."""
    passage = Passage()
    if not shown(bulletin):
        return passage.say("no_results", "There is no result to report yet.").words()
    for verdict, what in ((Verdict.reduction, "a reduction"), (Verdict.increase, "an increase")):
        found = sorted(with_verdict(bulletin, verdict), key=lambda r: (-(r.n_treatment or 0), r.organisation))
        if not found:
            passage.say(f"no_{verdict.value}", f"**No report shows {what} in reoffending.**", new=True)
            continue
        n = len(found)
        how = "lower" if verdict is Verdict.reduction else "higher"
        passage.say(
            f"list_{verdict.value}",
            f"**{capital(small_number(n))} report{'' if n == 1 else 's'} show{'s' if n == 1 else ''} {what} in"
            f" reoffending.** {'The' if n == 1 else 'Each'} line says by how many percentage points the reoffending"
            f" rate was {how} than expected, with the 95% confidence interval in brackets.",
            new=True,
        )
        for one in found:
            effect = effect_of(one)
            of = f", {people(one.n_treatment)}" if one.n_treatment else ""
            passage.item(f"listed_{verdict.value}", f"{result_name(one)}{of}: {difference(effect)} ({limits(effect)}).")
    _unclear(passage, bulletin)
    return passage.words()


def _unclear(passage: Passage, bulletin: Bulletin) -> None:
    found = sorted(with_verdict(bulletin, Verdict.inconclusive), key=lambda r: result_name(r).casefold())
    if not found:
        passage.say("no_inconclusive", "**No report is inconclusive.**", new=True)
        return
    n = len(found)
    passage.say(
        "list_inconclusive",
        f"**{capital(small_number(n))} report{' is' if n == 1 else 's are'} inconclusive**: chance alone could explain"
        f" the difference {'that was' if n == 1 else 'that each'} found. Perhaps the service changes nothing; perhaps"
        " too few people were analysed for its effect to be seen. The analysis cannot tell these apart, so"
        f" {'its organisation is' if n == 1 else 'their organisations are'} advised to send details of people"
        " from further years.",
        new=True,
    )
    for one in found:
        passage.item(
            "named_inconclusive", f"{result_name(one)}{f', {people(one.n_treatment)}' if one.n_treatment else ''}"
        )


def frequency_only(bulletin: Bulletin) -> Words | None:
    """Results that are not clear in the share of people who reoffended, but are in how often they did.

    None where there is no result at all.
    """
    found, passage = [r for r in bulletin.frequency_only if not is_imported(r)], Passage()
    if not shown(bulletin):
        return None
    if not found:
        said = "There is no report in which only the number of reoffences changed."
        return passage.say("no_frequency_only", said).words()
    n = len(found)
    passage.say(
        "frequency_only",
        f"{capital(small_number(n))} report{'' if n == 1 else 's'} {'is' if n == 1 else 'are'} inconclusive on how many"
        f" people reoffended, but {'shows' if n == 1 else 'show'} a clear change in the frequency of reoffending, which"
        f" is how many reoffences there were for each person. {'It is' if n == 1 else 'They are'} counted as"
        " inconclusive, as the share of people who reoffended decides.",
    )
    for one in found:
        effect = frequency_of(one)
        best, spread = difference_in_words(effect, Unit.count), interval_in_words(effect, Unit.count)
        said = f"{result_name(one)}: {best} per person. With 95% confidence, the true difference {spread}."
        passage.item("frequency_of_one", said)
    return passage.words()
