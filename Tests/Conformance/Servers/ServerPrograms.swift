import Foundation
import LocalServers

/// Mail servers that are unpacked, not installed: in Debian only one of them can be installed at a time.
package struct ServerPrograms: Sendable {
    /// Where `scripts/conformance` unpacks packages, `usr` and all.
    let root: String
    /// Its virtual environment of Python.
    let environment: String
    /// The program that listens for Courier.
    let courierListener: String

    /// What `scripts/conformance` made in `folder`; `scripts` is where it lies itself.
    package init(folder: String, scripts: String) {
        self.root = folder + "/root"
        self.environment = folder + "/venv"
        self.courierListener = scripts + "/courier-listener"
    }

    private var libraries: String {
        [
            "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu", "/usr/lib",
        ]
        .map { self.root + $0 }.joined(separator: ":")
    }

    /// Cyrus: its master with imapd, which looks for news every second; users in a SASL database of its own.
    func startCyrus(in folder: ServerFolder, user: String, password: String) async throws -> Int {
        let (bin, files) = (self.root + "/usr/lib/cyrus/bin", FileManager.default)
        let isRoot = NSUserName() == "root"
        let plugins = ["x86_64", "aarch64"].map { "\(self.root)/usr/lib/\($0)-linux-gnu/sasl2" }.joined(separator: ":")
        let environment = ["LD_LIBRARY_PATH": self.libraries, "SASL_PATH": plugins]
        return try await PrivateProgram.start("cyrus", in: folder, environment: environment) { port, home in
            for name in ["conf/db", "conf/socket", "conf/proc", "conf/log", "conf/ptclient", "spool"] {
                try files.createDirectory(atPath: "\(home)/\(name)", withIntermediateDirectories: true)
            }
            let options = """
                configdirectory: \(home)/conf
                partition-default: \(home)/spool
                defaultpartition: default
                cyrus_user: \(isRoot ? "nobody" : NSUserName())
                servername: localhost
                admins: admin
                allowplaintext: yes
                sasl_pwcheck_method: auxprop
                sasl_auxprop_plugin: sasldb
                sasl_sasldb_path: \(home)/sasldb2
                sasl_mech_list: PLAIN LOGIN SCRAM-SHA-256
                autocreate_quota: 0
                autocreate_users: anyone
                autocreate_inbox_folders: Sent|Drafts|Junk|Trash|Archive
                autocreate_subscribe_folders: Sent|Drafts|Junk|Trash|Archive
                xlist-sent: Sent
                xlist-drafts: Drafts
                xlist-junk: Junk
                xlist-trash: Trash
                xlist-archive: Archive
                failedloginpause: 0
                imapidlepoll: 1

                """
            try options.write(toFile: home + "/imapd.conf", atomically: false, encoding: .utf8)
            let services = """
                START {
                  recover cmd="\(bin)/ctl_cyrusdb -C \(home)/imapd.conf -r"
                }
                SERVICES {
                  imap cmd="\(bin)/imapd -C \(home)/imapd.conf" listen="127.0.0.1:\(port)" proto="tcp4" prefork=2
                }
                EVENTS {
                }

                """
            try services.write(toFile: home + "/cyrus.conf", atomically: false, encoding: .utf8)
            try password.write(toFile: home + "/password", atomically: false, encoding: .utf8)
            // The user is made first: saslpasswd2 reads the password from its input.
            let script = #"""
                "$1/usr/sbin/saslpasswd2" -p -c -f "$2/sasldb2" -u localhost "$3" <"$2/password"
                chown nobody "$2/sasldb2" 2>/dev/null
                exec "$1/usr/lib/cyrus/bin/master" -D -C "$2/imapd.conf" -M "$2/cyrus.conf" -p "$2/pid"
                """#
            return ["sh", "-c", script, "sh", self.root, home, user]
        }.port
    }

    /// Courier: one imapd for each connection, logged in by the listener, its mail in a Maildir.
    func startCourier(in folder: ServerFolder, user: String, password: String) async throws -> Int {
        let environment = ["LD_LIBRARY_PATH": self.libraries]
        return try await PrivateProgram.start("courier", in: folder, environment: environment) { port, home in
            for name in ["cur", "new", "tmp"] {
                try FileManager.default.createDirectory(
                    atPath: "\(home)/Maildir/\(name)",
                    withIntermediateDirectories: true
                )
            }
            try "\(user)\n\(password)\n".write(toFile: home + "/account", atomically: false, encoding: .utf8)
            return ["python3", self.courierListener, "\(port)", home, self.root + "/usr/bin/imapd"]
        }.port
    }

    /// pymap, its mail in memory.
    func startPymap(in folder: ServerFolder, user: String, password: String) async throws -> Int {
        try await PrivateProgram.start("pymap", in: folder) { port, _ in
            [
                self.environment + "/bin/pymap", "--host", "127.0.0.1", "--port", "\(port)", "--no-tls", "dict",
                "--demo-data", "--demo-user", user, "--demo-password", password,
            ]
        }.port
    }
}
