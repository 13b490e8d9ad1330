"""What the two groups were made alike in, in readers' words."""

from __future__ import annotations

from ..findings import Analysis
from ..wording import plain
from .events import event

#: What the propensity score takes into account, as readers know it.
COVARIATES: dict[str, str] = {
    "age": "age",
    "age_squared": "age",
    "sex": "sex",
    "ethnicity": "ethnicity",
    "nationality": "nationality",
    "age_first_offence": "age at the first offence",
    "copas_rate": "how fast convictions have followed each other",
    "previous_offences": "previous offences, convictions and custodial sentences",
    "previous_convictions": "previous offences, convictions and custodial sentences",
    "previous_custody": "previous offences, convictions and custodial sentences",
    "previous_by_group": "previous offences by type",
    "previous_by_each_group": "previous offences by type",
    "offences_last_two_years": "offences in the last two years",
    "years_since_last_offence": "years since the last offence",
    "index_offence_group": "the type and seriousness of the offence",
    "index_severity": "the type and seriousness of the offence",
    "index_disposal": "the kind of sentence",
    "sentence_band": "the length of the sentence",
    "index_year": "the year and quarter of the {event}",
    "index_quarter": "the year and quarter of the {event}",
    "region": "region",
    "release_type": "the kind of release",
    "employed": "employment and benefits beforehand",
    "employed_share": "employment and benefits beforehand",
    "benefit_share": "employment and benefits beforehand",
    "on_benefit": "employment and benefits beforehand",
    "needs": "assessed needs",
}
#: Labels by which the matching says that it left something out, where a covariate is one column of the model.
LABELS: dict[str, str] = {"sentence_band": "Length of the sentence", "index_disposal": "Index disposal"}


def covariates_in_words(analysis: Analysis) -> list[str]:
    """What the groups were matched on, without what the matching had to leave out."""
    messages = analysis.matching.messages if analysis.matching is not None else ()
    left_out = {m.partition(" is left out")[0] for m in messages if " is left out" in m}
    codes = [c for c in analysis.covariates if c in COVARIATES and LABELS.get(c) not in left_out]
    own = [plain(label) for label in analysis.own_covariates if label not in left_out]
    names = [COVARIATES[c].format(event=event(analysis)) for c in codes]
    return list(dict.fromkeys(names + [name[:1].lower() + name[1:] for name in own]))
