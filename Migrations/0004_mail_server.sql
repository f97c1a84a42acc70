-- What is known of a mail server beyond its address: which of its offers are not used, how to log in with a token, how many
-- connections it may be asked for, and since when it wants to be left alone.

-- An extension of IMAP that is not used although the server may offer it: switched off by a person, or latched off at the
-- first contradiction, whose reason is for people. What stands here holds until a person takes it away.
CREATE TABLE mailbox_extension (
    mailbox_id bigint NOT NULL REFERENCES mailbox,
    extension  text NOT NULL CHECK (extension = upper(extension)),
    reason     text,                              -- NULL: switched off by hand
    since      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mailbox_id, extension)
);

ALTER TABLE mailbox
    ADD COLUMN token_file       text,             -- the path of a file that holds an OAuth access token
    ADD COLUMN token_command    text[],           -- or the words of a command that prints one; run without a shell
    ADD COLUMN connections      integer NOT NULL DEFAULT 3 CHECK (connections BETWEEN 2 AND 20),
    -- The server asked for a pause (throttling, too many connections): nobody connects before.
    ADD COLUMN waits_until      timestamptz,
    ADD COLUMN waits_because    text,
    -- Log-ins refused in a row: after three nobody tries again until the credential may have changed.
    ADD COLUMN log_in_refusals  integer NOT NULL DEFAULT 0,
    ADD COLUMN log_in_refused_at timestamptz;
