/// The text of a private Dovecot's configuration file (Dovecot 2.3).
struct DovecotConfiguration: Equatable, Sendable {
    /// The folder of this Dovecot: configuration, certificates, users, homes, run-time files.
    let home: String
    let format: PrivateDovecot.Format
    let ports: Ports
    /// The account that mail is stored as.
    let mailUser: ServerUser
    /// Whether the master process is root; without it, every process runs as the mail user and none is chrooted.
    let isRoot: Bool
    let plaintext: Bool
    /// Further lines, which win over the ones here.
    let extra: String

    /// The ports it listens on, all on 127.0.0.1.
    struct Ports: Equatable, Sendable {
        let imap: Int
        let imaps: Int
        let lmtp: Int
    }

    /// The folders every user has from the first login on, with the special use they are marked with (RFC 6154 §2).
    static let specialFolders = ["Sent", "Drafts", "Junk", "Trash", "Archive"]

    /// Says which server this is: the port may have gone to another one in the meantime.
    var greeting: String { "Private Dovecot of \(self.home)" }

    /// The whole file.
    var text: String {
        [self.base, self.accounts, self.folders, self.services, self.isRoot ? "" : self.rootless, self.extra]
            .joined(separator: "\n")
    }

    private var base: String {
        """
        base_dir = \(self.home)/run
        state_dir = \(self.home)/run
        log_path = /dev/stderr
        instance_name = \(self.home)
        listen = 127.0.0.1
        protocols = imap lmtp
        login_greeting = \(self.greeting)
        ssl = yes
        ssl_cert = <\(self.home)/server.crt
        ssl_key = <\(self.home)/server.key
        ssl_min_protocol = TLSv1.2
        disable_plaintext_auth = \(self.plaintext ? "no" : "yes")
        auth_mechanisms = plain login
        auth_failure_delay = 0
        mail_max_userip_connections = 10000
        mailbox_list_index = yes
        mailbox_idle_check_interval = 1 secs
        mail_fsync = never
        postmaster_address = postmaster@localhost
        """
    }

    /// One file for each user: a new user is there at once, where a single file is read again only when its time of
    /// change differs by a second.
    private var accounts: String {
        """
        first_valid_uid = 1
        first_valid_gid = 1
        mail_privileged_group =
        mail_uid = \(self.mailUser.userID)
        mail_gid = \(self.mailUser.groupID)
        mail_home = \(self.home)/homes/%u
        mail_location = \(self.format.location)
        passdb {
          driver = passwd-file
          args = \(self.home)/users/%u
        }
        userdb {
          driver = passwd-file
          args = \(self.home)/users/%u
        }
        """
    }

    private var folders: String {
        let special = Self.specialFolders.map { name in
            "  mailbox \(name) {\n    special_use = \\\(name)\n    auto = create\n  }"
        }
        return "namespace inbox {\n  inbox = yes\n  separator = /\n" + special.joined(separator: "\n") + "\n}"
    }

    /// Limits wide enough for a test that opens connections by the hundred; no penalty for wrong passwords.
    private var services: String {
        """
        service imap-login {
          service_count = 0
          process_min_avail = 1
          client_limit = 1000
          inet_listener imap {
            port = \(self.ports.imap)
          }
          inet_listener imaps {
            port = \(self.ports.imaps)
            ssl = yes
          }
        }
        service imap {
          process_limit = 1000
          vsz_limit = 1G
        }
        service lmtp {
          inet_listener lmtp {
            address = 127.0.0.1
            port = \(self.ports.lmtp)
          }
        }
        service auth {
          client_limit = 4000
          \(self.isRoot ? "user = root" : "")
        }
        service anvil {
          client_limit = 4000
          unix_listener anvil-auth-penalty {
            mode = 0
          }
        }
        """
    }

    private var rootless: String {
        """
        default_login_user = \(self.mailUser.name)
        default_internal_user = \(self.mailUser.name)
        default_internal_group = \(self.mailUser.groupName)
        service anvil {
          chroot =
        }
        service imap-login {
          chroot =
        }
        """
    }
}

extension PrivateDovecot.Format {
    var location: String {
        switch self {
        case .maildir: "maildir:~/Maildir"
        case .sdbox: "sdbox:~/sdbox"
        }
    }
}
