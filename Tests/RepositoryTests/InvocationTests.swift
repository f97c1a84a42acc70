import Testing

@Suite("The reader of command lines in documents")
struct InvocationTests {
    private static func help(_ words: [String]) -> String {
        switch words.prefix(2) {
        case ["agent", "add"]: "USAGE: baton agent add <handle> [--name <name>]\n\n--email <email>"
        case ["agent"]: "USAGE: baton agent <subcommand>"
        default: "USAGE: baton <subcommand>"
        }
    }

    @Test(
        arguments: [
            (["agent", "add", "ann", "--name", "Ann", "--email=a@b"], 0), (["agent"], 1), (["agent", "fly"], 1),
            (["agent", "add", "--nam"], 1), ([], 0), (["bird"], 1),
        ] as [([String], Int)]
    )
    func `what the program does not know is a fault`(arguments: [String], faults: Int) {
        #expect(Invocation(arguments: arguments).faults(help: Self.help).count == faults)
    }

    @Test func `command lines are found in fenced blocks alone`() {
        let text = """
            baton outside
            ```sh
            $ baton agent add ann --name "Ann Arbor"   # why
            baton mailbox add \\
                --address a@b
            make demo
              ```
            baton between
            ```
            docker compose run --rm migrate queue add support
            docker compose up
            ```
            """
        let found = Invocation.all(inMarkdown: text).map(\.arguments)
        let expected = [
            ["agent", "add", "ann", "--name", "Ann Arbor"], ["mailbox", "add", "--address", "a@b"],
            ["queue", "add", "support"],
        ]
        #expect(found == expected)
    }
}
