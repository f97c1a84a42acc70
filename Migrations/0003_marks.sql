-- A move that the server makes only as COPY, \Deleted and UID EXPUNGE is written down step by step.
ALTER TABLE intent
    ADD COLUMN step     text NOT NULL DEFAULT 'write' CHECK (step IN ('write', 'copy', 'mark', 'expunge')),
    ADD COLUMN advanced bigint NOT NULL DEFAULT 0,      -- the number of its last step, or of the loss of its session
    ADD COLUMN lost     boolean NOT NULL DEFAULT false, -- nobody waits for an answer any more: looking decides
    ADD COLUMN newest   bigint NOT NULL DEFAULT 0,      -- the ledger's last number when it was opened
    ADD COLUMN copy     bigint,                         -- the ledger number of the copy that is known
    ADD CONSTRAINT intent_copy_is_known CHECK (step IN ('write', 'copy') OR copy IS NOT NULL);
UPDATE intent SET lost = true, newest = (SELECT last_value FROM placement_number) WHERE closed IS NULL;
CREATE INDEX intent_message ON intent (mailbox_id, message_id);

-- Messages on their way back to the folder they were first seen in.
ALTER TABLE message ADD COLUMN restoring boolean NOT NULL DEFAULT false;
CREATE INDEX message_restoring ON message (mailbox_id, id) WHERE restoring;
