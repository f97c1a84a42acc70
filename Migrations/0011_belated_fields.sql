-- Of a belated intent only what was not found written may still come, and all of it is over as soon as anything of it was seen.
ALTER TABLE intent
    DROP COLUMN ends_belated,
    DROP COLUMN belated,
    ADD COLUMN belated smallint NOT NULL DEFAULT 0; -- another holder looked: the fields in which its command may still come
CREATE INDEX intent_belated ON intent (mailbox_id, message_id) WHERE belated <> 0;
