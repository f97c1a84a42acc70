-- What a complete synchronisation needs to remember: mails that the server shows and does not give, mails recognised
-- without their bytes, and folders that cannot be synchronised.

ALTER TABLE placement
    ADD COLUMN size     bigint,        -- RFC822.SIZE as the server says it: with Message-ID and date, what a mail is
                                       -- recognised by under another UID
    ADD COLUMN email_id text,          -- EMAILID (RFC 8474) or X-GM-MSGID
    ADD COLUMN retry_at timestamptz;   -- parked: the server gives no bytes; asked for again then

-- None of these grows with the mailbox: they hold what is parked, presumed, or named by a server that names mails.
CREATE INDEX placement_parked ON placement (mailbox_id, retry_at) WHERE digest IS NULL AND gone_at IS NULL;
CREATE INDEX placement_presumed ON placement (mailbox_id, number) WHERE presumed AND gone_at IS NULL;
CREATE INDEX placement_email_id ON placement (mailbox_id, email_id) WHERE email_id IS NOT NULL;

ALTER TABLE folder DROP CONSTRAINT folder_phase_check;
ALTER TABLE folder
    ADD CONSTRAINT folder_phase_check
        CHECK (phase IN ('new', 'backfill', 'live', 'rematch', 'missing', 'phantom')),
    ADD COLUMN mailbox_oid text,       -- MAILBOXID (RFC 8474), which a renamed folder keeps
    ADD COLUMN trouble     text,       -- why it is not synchronised
    ADD COLUMN trouble_at  timestamptz,
    ADD COLUMN refusals    integer NOT NULL DEFAULT 0,   -- how often in a row the server refused to open it
    ADD COLUMN retry_at    timestamptz;  -- a phantom is not opened before; no other is enumerated for its count before
