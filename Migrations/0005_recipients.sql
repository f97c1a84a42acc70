-- To whom a mail of ours went that answered no contact known when it was filed. Mail is not always filed in the order in which
-- it was written: a contact who becomes known later may have been answered by it.
CREATE TABLE recipient (
    mailbox_id  bigint NOT NULL,
    message_id  bigint NOT NULL,
    address_key text NOT NULL,
    PRIMARY KEY (mailbox_id, message_id, address_key),
    FOREIGN KEY (mailbox_id, message_id) REFERENCES message
);
