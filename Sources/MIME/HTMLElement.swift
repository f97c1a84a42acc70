/// What an HTML element means for text; elements that mean nothing are not told apart.
enum HTMLElement: Equatable, Sendable {
    case anchor
    case lineBreak
    case rule
    case paragraph
    case block
    case quote
    case preformatted
    case item
    case row
    case cell
    /// Its content is no text and was passed by the tokenizer: `script`, `style`, `title` and their like.
    case hidden
    case other

    /// The element called by the bytes of `name`, whatever their case.
    static func named(_ name: String) -> Self { self.table[name] ?? .other }

    /// The tag the HTML reader is given for it, so that it never sees a name out of a mail.
    var canonicalName: StaticString {
        switch self {
        case .anchor: "a"
        case .lineBreak: "br"
        case .rule: "hr"
        case .paragraph: "p"
        case .block: "div"
        case .quote: "blockquote"
        case .preformatted: "pre"
        case .item: "li"
        case .row: "tr"
        case .cell: "td"
        case .hidden: "script"
        case .other: "span"
        }
    }

    /// Whether it may contain others in itself, and so make a tree deep.
    var nests: Bool {
        switch self {
        case .block, .quote, .preformatted, .anchor, .row, .cell, .item: true
        case .lineBreak, .rule, .paragraph, .hidden, .other: false
        }
    }

    private static let table: [String: Self] = {
        var table: [String: Self] = [
            "a": .anchor, "br": .lineBreak, "hr": .rule, "p": .paragraph, "blockquote": .quote, "pre": .preformatted,
            "li": .item,
            "dt": .item, "dd": .item, "tr": .row, "td": .cell, "th": .cell,
        ]
        for name in [
            "div", "table", "ul", "ol", "dl", "section", "article", "header", "footer", "main", "nav", "aside", "form",
            "fieldset",
            "address", "center", "figure", "figcaption", "details", "summary", "caption", "tbody", "thead", "tfoot",
            "menu", "dir",
            "body", "option",
        ] { table[name] = .block }
        for name in ["h1", "h2", "h3", "h4", "h5", "h6"] { table[name] = .paragraph }
        for name in [
            "script", "style", "title", "template", "noframes", "noembed", "textarea", "xml", "object", "applet",
            "iframe", "select",
        ] { table[name] = .hidden }
        return table
    }()
}
