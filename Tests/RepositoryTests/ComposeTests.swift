import Foundation
import Testing

@Suite("docker-compose.yml names only what exists")
struct ComposeTests {
    private let services: [String: OutlineYAML]
    private let volumes: Set<String>

    init() throws {
        let compose = try OutlineYAML(Repository.text("docker-compose.yml"))
        self.services = try #require(compose["services"]).entries
        self.volumes = Set(try #require(compose["volumes"]).entries.keys)
    }

    private var ours: [String: OutlineYAML] { self.services.filter { $0.value["image"]?.text == "baton" } }

    @Test func `it has the two servers, the migration, and the two services of one image`() throws {
        #expect(Set(self.services.keys) == ["postgres", "dovecot", "migrate", "ingestion", "assignment"])
        #expect(Set(self.ours.keys) == ["migrate", "ingestion", "assignment"])
        #expect(self.ours.values.filter { $0["build"] != nil }.count == 1)
    }

    @Test(arguments: ["migrate", "ingestion", "assignment"])
    func `a command is one that the program has`(service: String) throws {
        let arguments = try #require(self.services[service]?["command"]).texts
        #expect(try Invocation(arguments: arguments).faults(help: Repository.help) == [])
        for (option, value) in zip(arguments, arguments.dropFirst()) where option == "--only" {
            #expect(value == service)
            #expect(try Repository.sourcesMention(value))
        }
    }

    @Test func `a variable is one that the program, or the server's own image, reads`() throws {
        for (name, service) in self.services {
            for variable in service["environment"]?.entries.keys.sorted() ?? [] {
                if service["image"]?.text?.hasPrefix("postgres:") == true {
                    #expect(["POSTGRES_USER", "POSTGRES_DB", "POSTGRES_HOST_AUTH_METHOD"].contains(variable))
                } else {
                    #expect(try variable.hasPrefix("BATON_") && Repository.sourcesMention("\"\(variable)\""), "\(name)")
                }
            }
        }
    }

    @Test func `the database's URL leads to the folder where the server's socket is`() throws {
        let postgres = try #require(self.services["postgres"])
        let mounted = try #require(postgres["volumes"]).texts
        for (name, service) in self.ours {
            let url = try #require(service["environment"]?["BATON_DATABASE_URL"]?.text)
            let host = try #require(try #/[?&]host=([^&]+)/#.firstMatch(in: url)).output.1
            let mount = try #require(service["volumes"]?.texts.first { $0.hasSuffix(":\(host)") }, "\(name)")
            #expect(mounted.contains(mount))
            #expect(postgres["environment"]?["POSTGRES_USER"]?.text.map { url.contains("user=\($0)") } == true)
        }
    }

    @Test func `volumes are declared, used, and mounted where the images keep things`() throws {
        let mounts = self.services.values.flatMap { $0["volumes"]?.texts ?? [] }
        let parts = mounts.map { $0.split(separator: ":").map(String.init) }
        #expect(Set(parts.map { $0[0] }) == self.volumes)
        let written = try ["Dockerfile", "docker/dovecot.conf", "docker/dovecot-start"].map(Repository.text).joined()
        let images = ["/var/lib/postgresql/data", "/var/run/postgresql"]
        for target in parts.map({ $0[1] }) {
            #expect(images.contains(target) || written.contains(target), "\(target)")
        }
    }

    @Test func `a port is open on loopback alone, and the server behind it listens there`() throws {
        let listening = try Repository.text("docker/dovecot.conf")
        let documents = try Repository.text("docs/servers.md")
        for (name, service) in self.services {
            for port in service["ports"]?.texts ?? [] {
                let parts = port.split(separator: ":").map(String.init)
                try #require(parts.count == 3 && name == "dovecot")
                #expect(parts[0] == "127.0.0.1")
                #expect(documents.contains(parts[1]))
                #expect(listening.contains("port = \(parts[2])\n"))
            }
        }
    }

    @Test func `stages and files that are built from exist`() throws {
        let dockerfile = try Repository.text("Dockerfile")
        for service in self.services.values {
            guard let build = service["build"] else { continue }
            let target = try #require(build["target"]?.text)
            #expect(dockerfile.contains(" AS \(target)\n"))
        }
        for match in dockerfile.matches(of: #/(?m)^COPY (?!--)(\S+) /#) {
            let path = Repository.root.appending(path: String(match.output.1)).path
            #expect(FileManager.default.fileExists(atPath: path), "\(match.output.1)")
        }
    }
}
