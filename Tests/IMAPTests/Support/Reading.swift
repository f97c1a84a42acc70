import NIOCore

@testable import IMAP

/// What a reader makes of a stream of bytes, with the slices of a mail joined, so that chunking cannot show.
enum Reading {
    enum Item: Equatable, Sendable {
        case response(Response)
        case body(uid: UInt32?, size: Int, text: String)
        case unfinishedBody
        case failure(ResponseReader.Failure)
    }

    /// Feeds `text` in pieces of `size` bytes; nil is all at once.
    static func items(of text: String, pieces size: Int? = nil, limits: IMAPLimits = .default) -> [Item] {
        self.items(of: Array(text.utf8), pieces: size, limits: limits)
    }

    static func items(of bytes: [UInt8], pieces size: Int? = nil, limits: IMAPLimits = .default) -> [Item] {
        var reader = ResponseReader(limits: limits)
        var items: [Item] = []
        var body: (uid: UInt32?, size: Int, bytes: [UInt8])?
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + (size ?? bytes.count), bytes.count)
            reader.feed(ByteBuffer(bytes: bytes[offset..<end]))
            offset = end
            do {
                while let event = try reader.next() {
                    switch event {
                    case .response(let response):
                        items.append(.response(response))
                    case .bodyBegan(let uid, let size, _):
                        body = (uid, size, [])
                    case .bodyBytes(let bytes):
                        body?.bytes += bytes.readableBytesView
                    case .bodyEnded:
                        guard let whole = body else { continue }
                        let text = String(decoding: whole.bytes, as: UTF8.self)
                        items.append(.body(uid: whole.uid, size: whole.size, text: text))
                        body = nil
                    }
                }
            } catch {
                return items + [.failure(error)]
            }
        }
        return body == nil ? items : items + [.unfinishedBody]
    }

    /// The one response `line` amounts to.
    static func response(_ line: String) -> Response? {
        let items = self.items(of: line + "\r\n")
        guard items.count == 1, case .response(let response) = items[0] else { return nil }
        return response
    }

    static func set(_ text: String) -> UIDSet { UIDSet(parsing: text) ?? UIDSet() }
}

extension FetchedItems {
    /// What came of the whole mail, for tests in which there is nothing else.
    var body: Body {
        get { self.body(of: .whole) }
        set { self.sections = [.init(section: .whole, body: newValue)] }
    }
}
