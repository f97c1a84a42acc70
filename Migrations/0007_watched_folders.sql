-- Whether a folder is synchronised. Its role tells, but for All: that is watched where the server archives by taking labels away
-- (X-GM-EXT-1), as whoever is logged in there last found.
ALTER TABLE folder ADD COLUMN watched boolean NOT NULL DEFAULT true;
UPDATE folder SET watched = false WHERE role IN ('drafts', 'all', 'other');
