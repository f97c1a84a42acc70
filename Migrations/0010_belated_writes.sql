-- A holder that was paused between its look at the lease and its command sends the command when it wakes, after another one has looked and
-- found nothing written. Such intents are kept in sight for an hour, until their effect was seen and undone.
ALTER TABLE intent
    ADD COLUMN fence bigint,                          -- of the lease it was opened under
    ADD COLUMN ends_belated boolean NOT NULL DEFAULT false, -- it undoes what a belated one did
    ADD COLUMN belated boolean NOT NULL DEFAULT false; -- another holder looked, and not all of it was written
CREATE INDEX intent_belated ON intent (mailbox_id, message_id) WHERE belated;
