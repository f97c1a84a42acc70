import MailTransport
import Testing

@testable import IMAP

@Suite("What is said before TLS")
struct StartTLSNegotiationTests {
    private static func steps(_ lines: [String]) -> [CleartextStep] {
        var negotiation = StartTLSNegotiation(tag: "Q0")
        return lines.map { negotiation.received(line: Array($0.utf8)) }
    }

    private static let ask = CleartextStep.send(Array("Q0 STARTTLS\r\n".utf8))

    @Test(arguments: [
        (["* OK ready", "Q0 OK go"], [ask, .startTLS]),
        (["* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready", "Q0 OK"], [ask, .startTLS]),
        (
            ["* OK ready", "* CAPABILITY IDLE", "* 1 EXISTS", "* OK [ALERT] buy", "Q0 OK go"],
            [ask, .wait, .wait, .wait, .startTLS]
        ),
        (["* OK ready", "Q0 NO never"], [ask, .fail(.startTLSRefused("never"))]),
        (["* OK ready", "Q0 BAD what"], [ask, .fail(.startTLSRefused("what"))]),
        (["* PREAUTH hi"], [.fail(.preauthBeforeTLS)]),
        (["* OK ready", "* PREAUTH hi"], [ask, .fail(.preauthBeforeTLS)]),
        (["* BYE no"], [.fail(.connectionLost("no"))]),
        (["* OK ready", "* BYE no"], [ask, .fail(.connectionLost("no"))]),
        (["* NO full"], [.fail(.connectionLost("full"))]),
        (["Q0 OK go"], [.fail(.cleartextViolation("the first line is no greeting"))]),
        (["* 1 EXISTS"], [.fail(.cleartextViolation("the first line is no greeting"))]),
        (["* OK ready", "1 OK go"], [ask, .fail(.cleartextViolation("an answer to a command that was not sent"))]),
        (["* OK ready", "+ go on"], [ask, .fail(.cleartextViolation("no answer to STARTTLS"))]),
        (["* OK ready", "From: Injected"], [ask, .fail(.cleartextViolation("no answer to STARTTLS"))]),
    ])
    func `TLS starts after the one right answer, and nothing else`(lines: [String], expected: [CleartextStep]) {
        #expect(Self.steps(lines) == expected)
    }
}
