-- Maps one county's jail stays and charges (four CSV files) to the tables of the register.
-- Use:  jdl register build FOLDER --adapter parameters/adapters/county_histories.sql --out data/county/register.duckdb
-- Every choice below was made before any outcome was looked at; docs/bring-your-own-register.md gives the reasons.
-- Views named source_* are steps on the way. The view adapter_note counts what was changed or left out.

CREATE VIEW source_event AS
SELECT * REPLACE (jail_days::INTEGER AS jail_days) FROM read_csv('index_events.csv');

-- People without any case found have no sentence and no offence here: they leave with reason 3, no conviction recorded.
CREATE VIEW source_sentence AS
SELECT *, person_id AS disposal_id,
    CASE index_type WHEN 'CUSTODY' THEN index_date - jail_days ELSE index_date END AS disposal_date
FROM source_event WHERE history_found;

CREATE VIEW person AS
SELECT p.person_id, p.forename, p.surname, p.dob, p.sex, p.ethnicity, e.data_end AS observed_until
FROM read_csv('persons.csv') p LEFT JOIN source_event e USING (person_id);

-- A jail stay of 14 days or more stands for custody, anything shorter for a sentence in the community.
CREATE VIEW disposal AS
SELECT disposal_id, person_id, disposal_date,
    CASE index_type WHEN 'CUSTODY' THEN 'custody' ELSE 'community_order' END AS disposal,
    CASE index_type WHEN 'CUSTODY' THEN index_date END AS release_date
FROM source_sentence;

CREATE VIEW source_charge AS
SELECT o.person_id, o.offence_date, o.severity, o.offence_class AS charge, o.role, s.disposal_id, s.disposal_date,
    s.index_date,
    row_number() OVER (PARTITION BY o.person_id, o.offence_date, o.role = 'index'
        ORDER BY o.severity, o.role DESC, o.offence_class) AS rank_on_day
FROM read_csv('offences.csv') o JOIN source_sentence s USING (person_id);

-- The index charge is proven on the day of the sentence, and is never dated after it: it must not count as a reoffence.
-- Later charges of one person on one day are one offence, the most serious of them. They are charges, not convictions,
-- so they are proven on their own day. Those on or before the index date stay: dated so, they are no reoffences.
CREATE VIEW offence AS
SELECT row_number() OVER (ORDER BY person_id, role <> 'index', offence_date) AS offence_id,
    CASE role WHEN 'index' THEN disposal_id END AS disposal_id,
    person_id,
    CASE role WHEN 'index' THEN least(offence_date, disposal_date) ELSE offence_date END AS offence_date,
    CASE role WHEN 'index' THEN disposal_date ELSE offence_date END AS proven_date,
    CASE charge
        WHEN 'absconding' THEN 'absconding_bail'
        WHEN 'drink_drive' THEN 'drink_driving'
        WHEN 'drugs_possession' THEN 'drug_possession_supply'
        WHEN 'drugs_supply' THEN 'drug_possession_supply'
        WHEN 'motoring_other' THEN 'other_motoring'
        WHEN 'sexual' THEN 'sexual_adult'          -- the source does not tell adults from children
        WHEN 'vehicle_theft' THEN 'taking_driving'
        WHEN 'weapons' THEN 'violence'             -- as the Home Office counted them until 2013
        WHEN 'breach' THEN 'other'
        WHEN 'unknown' THEN 'other'
        ELSE charge                                -- the same name here and there; a new name is refused by the contract
    END AS offence_group,
    -- Felonies of the first and second degree; of the third degree; misdemeanours and below.
    CASE WHEN severity <= 3 THEN 'indictable' WHEN severity = 4 THEN 'either_way' ELSE 'summary' END AS offence_class,
    severity,
    charge = 'breach' AS is_breach
FROM source_charge WHERE rank_on_day = 1;

-- An end after this person's last day of data is a placeholder: the end is not known.
CREATE VIEW custody_spell AS
SELECT s.person_id, s.start, CASE WHEN s."end" <= e.data_end THEN s."end" END AS "end",
    CASE s.kind WHEN 'custody_period' THEN 'sentenced' ELSE 'remand' END AS kind
FROM read_csv('spells.csv') s JOIN source_event e USING (person_id);

-- Earlier history comes as counts at the index date, so it cannot be dated offences. Counts enter as log(1 + n), as the
-- toolkit's own do; the names of columns become labels in the report. The two risk deciles are left out: a part of them
-- was assessed after the index date.
CREATE VIEW extra_covariates AS
SELECT person_id, index_date AS as_of,
    ln(1 + prior_convictions) AS "prior convictions (log of 1 + number)",
    ln(1 + juvenile_felonies) AS "juvenile felonies (log of 1 + number)",
    ln(1 + juvenile_misdemeanours) AS "juvenile misdemeanours (log of 1 + number)",
    ln(1 + juvenile_other) AS "juvenile, other (log of 1 + number)",
    ln(1 + jail_days) AS "days in jail (log of 1 + number)",
    CASE charge_degree WHEN 'F' THEN 'felony' WHEN 'M' THEN 'misdemeanour' END AS "degree of the charge"
FROM source_sentence;

CREATE VIEW meta AS
SELECT min(screening_date) AS data_start, max(data_end) AS data_end, 'county histories' AS extract, false AS synthetic,
    'These are de-identified research records of one county, with invented names. A reoffence here is a new charge, not'
    || ' a conviction. The service is a placebo: nobody received one.' AS note
FROM source_event;

CREATE VIEW adapter_note AS
SELECT 'people without any case, no sentence made' AS what, count(*) AS n FROM source_event WHERE NOT history_found
UNION ALL
SELECT 'charges of these people, left out', count(*)
FROM read_csv('offences.csv') o JOIN source_event e USING (person_id) WHERE NOT e.history_found
UNION ALL
SELECT 'sentences without an index charge', count(*) FROM source_sentence
WHERE person_id NOT IN (SELECT person_id FROM source_charge WHERE role = 'index')
UNION ALL
SELECT 'index charges dated after the sentence, moved to it', count(*) FROM source_charge
WHERE role = 'index' AND offence_date > disposal_date
UNION ALL
SELECT 'later charges on a day with a more serious one, collapsed', count(*) FROM source_charge WHERE rank_on_day > 1
UNION ALL
SELECT 'later charges on or before the index date, kept as dated', count(*) FROM source_charge
WHERE role <> 'index' AND offence_date <= index_date AND rank_on_day = 1
UNION ALL
SELECT 'ends of spells after the person''s data end, taken as unknown', count(*)
FROM read_csv('spells.csv') s JOIN source_event e USING (person_id) WHERE s."end" > e.data_end
UNION ALL
SELECT 'spells without an end in the source', count(*) FROM read_csv('spells.csv') WHERE "end" IS NULL
UNION ALL
SELECT 'people observed for less than 18 months', count(*) FROM source_sentence
WHERE data_end < index_date + INTERVAL 18 MONTH;
