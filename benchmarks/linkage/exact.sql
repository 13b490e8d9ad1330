-- Exact matching: the only person of a record's forename, surname and date of birth.
SELECT row, any_value(person_id) AS person_id
FROM asked AS a JOIN linkage_index AS e USING (forename, surname, dob)
WHERE NOT is_alias
GROUP BY row HAVING count(DISTINCT person_id) = 1
ORDER BY row
