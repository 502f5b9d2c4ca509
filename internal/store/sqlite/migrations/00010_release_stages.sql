-- +goose Up
-- Releases from before there were pipelines get the stage of the built-in pipeline,
-- by which they went.

UPDATE releases SET doc = json_set(doc, '$.stage', json('{"pipeline":"default","digest":"sha256:2fa2d6a92ab2b6c5385751868da7f402e4d4a02eae08c9be2104db14502144d3","stage":{"name":"staging","approvals":[{"tiers":["high","critical"],"count":1,"role":"approver","separate":["author","pusher","requester"],"expires":"1h0m0s"}],"rollout":{"strategy":"all-at-once","sessions":"move"},"progressDeadline":"1h0m0s","evidenceMaxAge":"24h0m0s"}}'))
WHERE environment = 'staging' AND coalesce(json_extract(doc, '$.stage.stage.name'), '') = '';

UPDATE releases SET doc = json_set(doc, '$.stage', json('{"pipeline":"default","digest":"sha256:2fa2d6a92ab2b6c5385751868da7f402e4d4a02eae08c9be2104db14502144d3","after":"staging","stage":{"name":"production","approvals":[{"tiers":["medium","high"],"count":1,"role":"approver","separate":["author","pusher","requester"],"expires":"1h0m0s"},{"tiers":["critical"],"count":2,"role":"approver","separate":["author","pusher","requester"],"expires":"1h0m0s"}],"rollout":{"strategy":"canary","sessions":"move"},"progressDeadline":"1h0m0s","evidenceMaxAge":"24h0m0s"}}'))
WHERE environment = 'production' AND coalesce(json_extract(doc, '$.stage.stage.name'), '') = '';
