import Glibc
import NIOCore
import NIOPosix
import NIOSSL

extension TransportError {
    /// What NIO and its TLS say, in our words.
    init(mapping error: any Error, host: String) {
        switch error {
        case let error as TransportError:
            self = error
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            self.init(.certificateForAnotherHost(host))
        case let error as NIOSSLError:
            self.init(Self.reason(of: error))
        case let error as BoringSSLError:
            self.init(Self.reason(ofTLSText: "\(error)"))
        case let error as NIOConnectionError:
            self.init(Self.reason(of: error, host: host))
        case ChannelError.connectTimeout(let limit):
            self.init(.timedOut(.connect, after: .nanoseconds(limit.nanoseconds)))
        case is SocketAddressError:
            self.init(.hostNotFound(host))
        case let error as IOError:
            self.init(.connectionLost(Self.text(of: error)))
        case is ChannelError:
            self.init(.connectionLost("closed"))
        case is CancellationError:
            self.init(.cancelled)
        default:
            self.init(.connectionLost(ServerText.shown("\(error)")))
        }
    }

    private static func reason(of error: NIOSSLError) -> Reason {
        switch error {
        case .handshakeFailed(let inner): self.reason(ofTLSText: "\(inner)")
        case .uncleanShutdown: .connectionLost("the server cut the connection without ending TLS")
        default: .tls(ServerText.shown("\(error)"))
        }
    }

    private static func reason(ofTLSText text: String) -> Reason {
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return .certificateUntrusted("verification failed") }
        if text.contains("WRONG_VERSION_NUMBER") {
            return .tls("the server does not speak TLS on this port; \(self.usualPorts)")
        }
        if text.contains("EOF during handshake") { return .tls("the server hung up at once; \(self.usualPorts)") }
        return .tls(ServerText.shown(text))
    }

    /// What is to be checked where no TLS is spoken; which of the errors it ends in depends on who speaks first.
    private static var usualPorts: String { "imaps is usually on port 993, imap with STARTTLS on 143" }

    private static func reason(of error: NIOConnectionError, host: String) -> Reason {
        guard let first = error.connectionErrors.first else { return .hostNotFound(host) }
        if case ChannelError.connectTimeout(let limit) = first.error {
            return .timedOut(.connect, after: .nanoseconds(limit.nanoseconds))
        }
        if let error = first.error as? IOError { return .unreachable(self.text(of: error)) }
        return .unreachable(ServerText.shown("\(first.error)"))
    }

    /// The system's own words: `Connection refused`.
    private static func text(of error: IOError) -> String {
        String(cString: strerror(error.errnoCode))
    }
}
