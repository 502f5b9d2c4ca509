-- +goose Up
-- What earlier builds kept otherwise.

-- Agents that people took out of service, before deployments said so.
UPDATE deployments SET doc = json_set(doc, '$.retired', json('true'))
WHERE json_extract(doc, '$.stopped') AND json_extract(doc, '$.reason') LIKE 'retired by %';

-- Canaries under way, from before the draws of their sessions were kept: what they
-- learned of harm stays, and what promotes them begins anew, in the outcomes too, so
-- that these can be recomputed.
UPDATE canary_outcomes SET doc = json_set(doc, '$.eSafe', 1, '$.eAbs', 1)
WHERE release IN (SELECT id FROM releases
    WHERE (state = 'canary' OR state = 'paused' AND json_extract(doc, '$.pausedFrom') = 'canary')
        AND json_type(doc, '$.canary') = 'object' AND json_type(doc, '$.canary.outcomes') IS NULL);

UPDATE releases SET doc = json_remove(json_set(doc,
    '$.canary.outcomes', (SELECT count(*) FROM canary_outcomes AS o WHERE o.release = releases.id),
    '$.canary.settled', 0,
    '$.canary.logSafe', json('[0,0,0,0]'), '$.canary.logAbs', json('[0,0,0,0]'),
    '$.canary.eSafe', 1, '$.canary.eAbs', 1,
    '$.canary.verdict', iif(json_extract(doc, '$.canary.verdict') = 'promote', 'continue', json_extract(doc, '$.canary.verdict'))),
    '$.canary.evaluation')
WHERE (state = 'canary' OR state = 'paused' AND json_extract(doc, '$.pausedFrom') = 'canary')
    AND json_type(doc, '$.canary') = 'object' AND json_type(doc, '$.canary.outcomes') IS NULL;

-- Requests that wait for people: what their answers are bound to says more by now, so
-- they are asked anew when the server starts.
INSERT INTO meta (key, value)
SELECT 'approvals/again', json_group_array(id) FROM approvals WHERE state = 'pending' AND kind <> 'tool_call' HAVING count(*) > 0;
