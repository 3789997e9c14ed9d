-- :new
SELECT count(*) FROM incoming_pages i
ANTI JOIN raw_page p USING (harvester, location, digest);

-- :insert
INSERT INTO raw_page
SELECT i.harvester, i.location, i.digest, i.status, i.time, i.body
FROM incoming_pages i
ANTI JOIN raw_page p USING (harvester, location, digest);

-- :drop
DELETE FROM raw_page WHERE harvester = $harvester AND digest = $digest;

-- :read
SELECT harvester, location, body, time, status, digest FROM raw_page
WHERE harvester = $harvester AND ($location IS NULL OR location = $location)
ORDER BY time, location, digest;

-- :cursor_changed
SELECT count(*) FROM incoming_cursors i
ANTI JOIN cursor c USING (harvester, name, state);

-- :cursor_write
DELETE FROM cursor USING incoming_cursors i
WHERE cursor.harvester = i.harvester AND cursor.name = i.name AND cursor.state <> i.state;

INSERT INTO cursor
SELECT i.harvester, i.name, i.state, i.time
FROM incoming_cursors i
ANTI JOIN cursor c USING (harvester, name)
ORDER BY i.harvester, i.name;

-- :cursors
SELECT harvester, name, state, time FROM cursor WHERE harvester = $harvester ORDER BY name;
