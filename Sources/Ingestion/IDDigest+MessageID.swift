import Crypto
import Desk
import MIME

extension IDDigest {
    /// The digest of a message id; nil for text that is none.
    init?(messageID: String) {
        guard var text = normalizedMessageID(messageID) else { return nil }
        guard let digest = text.withUTF8({ IDDigest(Array(SHA256.hash(data: UnsafeRawBufferPointer($0)))) }) else {
            return nil
        }
        self = digest
    }
}
