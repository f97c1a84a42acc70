-- Of a belated intent one command alone may still come, and the intent is over as soon as anything of it was seen.
ALTER TABLE intent
    DROP COLUMN ends_belated,
    DROP COLUMN belated,
    ADD COLUMN belated text CHECK (belated IN ('add', 'remove', 'move')); -- another holder looked: what may still come
CREATE INDEX intent_belated ON intent (mailbox_id, message_id) WHERE belated IS NOT NULL;
