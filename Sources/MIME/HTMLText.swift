import CXML

/// HTML to text, by libxml2 for what it is good at and by our own tokenizer for what it is not.
///
/// libxml2 is quadratic in the attributes of a tag, stops at deep trees and calls conditional comments text. So the
/// document it gets is a reduced one, written by us: known elements under their own names, one attribute at most (a
/// link's target), no comments, no scripts, no styles. Where even that is nested too deep, the tags are simply taken
/// out.
enum HTMLText {
    /// The outcome of a conversion.
    struct Result: Equatable {
        /// Valid UTF-8.
        var text: [UInt8]
        /// Whether the text was cut at the limit.
        var isCut: Bool
        /// Whether the tags were only taken out.
        var isSimplified: Bool
        var steps: Int
    }

    /// The text of `html`, which must be valid UTF-8, at most about `limit` bytes of it.
    static func convert(_ html: [UInt8], limit: Int, depth: Int) -> Result {
        var steps = 0
        if BodyText.isBlank(html) { return Result(text: [], isCut: false, isSimplified: false, steps: html.count) }
        if let reduced = self.reduce(html, depth: depth, steps: &steps) {
            steps &+= 2 * reduced.count
            if var writer = self.read(reduced, limit: limit, steps: &steps) {
                let text = writer.finish()
                return Result(text: text, isCut: writer.isFull, isSimplified: false, steps: steps)
            }
        }
        var writer = self.strip(html, limit: limit, steps: &steps)
        let text = writer.finish()
        return Result(text: text, isCut: writer.isFull, isSimplified: true, steps: steps)
    }

    // MARK: - Our own

    /// Feeds the writer straight from the tokenizer.
    static func strip(_ html: [UInt8], limit: Int, steps: inout Int) -> HTMLTextWriter {
        var writer = HTMLTextWriter(limit: limit)
        var tokenizer = HTMLTokenizer(html)
        while !writer.isFull, let token = tokenizer.next() {
            switch token {
            case .text(let range):
                writer.text(HTMLEntities.decode(html, range))
            case .start(let element, let href):
                writer.start(element, target: href.map { HTMLEntities.decode(html, $0) })
            case .end(let element):
                writer.end(element)
            }
        }
        steps &+= 2 * tokenizer.steps
        return writer
    }

    /// The document for libxml2; nil when it would be nested deeper than `depth`.
    private static func reduce(_ html: [UInt8], depth: Int, steps: inout Int) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(html.count + 64)
        // Without a body libxml2 puts a paragraph around the first text.
        output.append(contentsOf: self.bodyStart)
        var tokenizer = HTMLTokenizer(html)
        var open = 0
        while let token = tokenizer.next() {
            switch token {
            case .text(let range):
                self.escape(html, range, into: &output)
            case .start(let element, let href):
                guard element != .other, element != .hidden else { continue }
                if element.nests { open += 1 }
                if open > depth { return nil }
                output.append(0x3C)
                self.append(element.canonicalName, to: &output)
                if let href, href.count <= 4_096 {
                    output.append(contentsOf: self.hrefStart)
                    self.escape(html, href, into: &output)
                    output.append(0x22)
                }
                output.append(0x3E)
            case .end(let element):
                guard element != .other, element != .hidden, element != .lineBreak else { continue }
                if element.nests { open = max(0, open - 1) }
                output.append(contentsOf: [0x3C, 0x2F])
                self.append(element.canonicalName, to: &output)
                output.append(0x3E)
            }
        }
        steps &+= tokenizer.steps + output.count
        return output
    }

    private static let bodyStart = Array("<html><body>".utf8)
    private static let hrefStart = Array(" href=\"".utf8)
    private static let escapes: [UInt8: [UInt8]] = [
        0x3C: Array("&lt;".utf8), 0x3E: Array("&gt;".utf8), 0x22: Array("&quot;".utf8),
    ]

    private static func escape(_ html: [UInt8], _ range: Range<Int>, into output: inout [UInt8]) {
        for index in range {
            let byte = html[index]
            if byte == 0x3C || byte == 0x3E || byte == 0x22, let escape = self.escapes[byte] {
                output.append(contentsOf: escape)
            } else {
                output.append(byte)
            }
        }
    }

    private static func append(_ name: StaticString, to output: inout [UInt8]) {
        name.withUTF8Buffer { output.append(contentsOf: $0) }
    }

    // MARK: - libxml2

    /// libxml2's global tables, set up once.
    private static let isReady: Bool = {
        xmlInitParser()
        return true
    }()

    /// Parses a reduced document and writes its text; nil when libxml2 gave up before the end.
    private static func read(_ html: [UInt8], limit: Int, steps: inout Int) -> HTMLTextWriter? {
        guard self.isReady, html.count < Int(Int32.max), let context = htmlNewParserCtxt() else { return nil }
        defer { htmlFreeParserCtxt(context) }
        let options =
            HTML_PARSE_NONET.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
            | HTML_PARSE_RECOVER.rawValue
            | HTML_PARSE_IGNORE_ENC.rawValue
        let document = html.withUnsafeBytes { buffer in
            htmlCtxtReadMemory(
                context,
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(buffer.count),
                nil,
                "UTF-8",
                Int32(options)
            )
        }
        defer { if let document { xmlFreeDoc(document) } }
        guard let document, context.pointee.disableSAX == 0 else { return nil }
        var writer = HTMLTextWriter(limit: limit)
        self.walk(UnsafeMutableRawPointer(document).assumingMemoryBound(to: xmlNode.self), &writer, &steps)
        return writer
    }

    /// Visits every node below `root` in document order, by its links, without recursion.
    private static func walk(_ root: UnsafeMutablePointer<xmlNode>, _ writer: inout HTMLTextWriter, _ steps: inout Int)
    {
        var node = root
        while !writer.isFull {
            steps &+= 1
            if self.enter(node, &writer), let child = node.pointee.children {
                node = child
                continue
            }
            while true {
                if node == root { return }
                if node.pointee.type == XML_ELEMENT_NODE { writer.end(self.element(node)) }
                if let sibling = node.pointee.next {
                    node = sibling
                    break
                }
                guard let parent = node.pointee.parent else { return }
                node = parent
            }
        }
    }

    /// Writes what stands before a node's children; says whether they are to be visited.
    private static func enter(_ node: UnsafeMutablePointer<xmlNode>, _ writer: inout HTMLTextWriter) -> Bool {
        switch node.pointee.type {
        case XML_ELEMENT_NODE:
            let element = self.element(node)
            writer.start(element, target: element == .anchor ? self.href(node) : nil)
            return true
        case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
            if let content = node.pointee.content { writer.text(self.bytes(content)) }
            return false
        default:
            // Declarations and comments have no text, a document only children; an entity's children are shared and never followed.
            return node.pointee.type == XML_HTML_DOCUMENT_NODE || node.pointee.type == XML_DOCUMENT_NODE
        }
    }

    private static func element(_ node: UnsafeMutablePointer<xmlNode>) -> HTMLElement {
        node.pointee.name.map { HTMLElement.named(String(cString: $0)) } ?? .other
    }

    /// The one attribute a reduced document has.
    private static func href(_ node: UnsafeMutablePointer<xmlNode>) -> [UInt8]? {
        node.pointee.properties?.pointee.children?.pointee.content.map { self.bytes($0) }
    }

    private static func bytes(_ text: UnsafePointer<xmlChar>) -> [UInt8] {
        Array(UnsafeBufferPointer(start: text, count: Int(xmlStrlen(text))))
    }
}
