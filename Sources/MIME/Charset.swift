/// How the bytes of one charset name become Unicode.
///
/// The set is closed: a name from a mail is looked up here and never reaches the converter as it stands. Where mail
/// software says one charset and means a superset of it (`gb2312` for GB 18030, `iso-8859-1` for windows-1252), the
/// superset is used, as browsers do.
enum Charset: Equatable, Sendable {
    /// Nothing past ASCII is expected; bytes that are there are guessed.
    case ascii
    case utf8
    case windows1252
    /// GB 2312 in seven bits (RFC 1843); the converter does not know it.
    case hz
    /// A name the C library's converter knows.
    case converted(StaticName)

    /// A converter name out of the table below, never out of a mail.
    struct StaticName: Equatable, Sendable {
        let text: String
        fileprivate init(_ text: String) { self.text = text }

        static let gb18030 = Self("GB18030")
        static let iso2022JP = Self("ISO-2022-JP-2")
        static let shiftJIS = Self("CP932")
    }

    /// The charset called `name` in a mail, whatever its case and quoting; nil when it is not known.
    static func named(_ name: String) -> Self? {
        guard name.utf8.count <= 40 else { return nil }
        var key: [UInt8] = []
        for byte in name.utf8 {
            let lower = ASCII.lowercased(byte)
            if ASCII.isLetter(lower) || ASCII.isDigit(lower) { key.append(lower) }
        }
        let text = String(decoding: key, as: UTF8.self)
        if let known = self.table[text] { return known }
        if text.hasPrefix("x"), let known = self.table[String(text.dropFirst())] { return known }
        if text.hasPrefix("cs"), let known = self.table[String(text.dropFirst(2))] { return known }
        return nil
    }

    /// Names without case, hyphens, underscores, colons and dots.
    private static let table: [String: Self] = {
        var table: [String: Self] = [:]
        for name in [
            "usascii", "ascii", "ansix341968", "iso646us", "us", "646", "7bit", "8bit", "unknown8bit", "unknown",
        ] {
            table[name] = .ascii
        }
        for name in ["utf8", "unicode11utf8", "utf8mb4", "unicode"] { table[name] = .utf8 }
        for name in [
            "iso88591", "latin1", "l1", "88591", "isolatin1", "iso885911987", "windows1252", "cp1252", "win1252",
            "1252", "ansi",
            "ibm819",
        ] { table[name] = .windows1252 }
        table["hzgb2312"] = .hz
        table["hz"] = .hz
        for (names, converter) in Self.converters {
            for name in names { table[name] = .converted(StaticName(converter)) }
        }
        return table
    }()

    private static let converters: [([String], String)] = [
        (["iso88592", "latin2", "l2", "isolatin2", "88592"], "ISO-8859-2"),
        (["iso88593", "latin3", "isolatin3"], "ISO-8859-3"),
        (["iso88594", "latin4", "isolatin4"], "ISO-8859-4"),
        (["iso88595", "cyrillic", "isolatincyrillic"], "ISO-8859-5"),
        (["iso88596", "arabic", "iso88596e", "iso88596i"], "ISO-8859-6"),
        (["iso88597", "greek", "greek8", "isolatingreek"], "ISO-8859-7"),
        (["iso88598", "hebrew", "iso88598e", "iso88598i", "visual", "logical"], "ISO-8859-8"),
        (["iso88599", "latin5", "isolatin5", "windows1254", "cp1254", "win1254", "turkish"], "CP1254"),
        (["iso885910", "latin6", "isolatin6"], "ISO-8859-10"),
        (["iso885913", "latin7"], "ISO-8859-13"),
        (["iso885914", "latin8"], "ISO-8859-14"),
        (["iso885915", "latin9", "latin0", "885915"], "ISO-8859-15"),
        (["iso885916", "latin10"], "ISO-8859-16"),
        (["windows1250", "cp1250", "win1250", "1250"], "CP1250"),
        (["windows1251", "cp1251", "win1251", "1251"], "CP1251"),
        (["windows1253", "cp1253", "win1253"], "CP1253"),
        (["windows1255", "cp1255", "win1255"], "CP1255"),
        (["windows1256", "cp1256", "win1256"], "CP1256"),
        (["windows1257", "cp1257", "win1257"], "CP1257"),
        (["windows1258", "cp1258", "win1258"], "CP1258"),
        (["windows874", "cp874", "tis620", "dos874", "thai", "iso885911"], "CP874"),
        (["koi8r", "koi8", "koi"], "KOI8-R"),
        (["koi8u"], "KOI8-U"),
        (["koi8ru"], "KOI8-RU"),
        (["macintosh", "macroman", "mac"], "MACINTOSH"),
        (["maccyrillic", "macukrainian"], "MAC-CYRILLIC"),
        (["macce", "maccentraleurope", "maccentraleurroman"], "MAC-CENTRALEUROPE"),
        (["ibm437", "cp437", "437"], "IBM437"),
        (["ibm850", "cp850", "850"], "IBM850"),
        (["ibm852", "cp852", "852"], "IBM852"),
        (["ibm855", "cp855"], "IBM855"),
        (["ibm857", "cp857"], "IBM857"),
        (["ibm858", "cp858", "ibm00858"], "CP858"),
        (["ibm862", "cp862"], "IBM862"),
        (["ibm866", "cp866", "866", "dos866"], "IBM866"),
        (["ibm037", "cp037"], "IBM037"),
        (
            ["gb2312", "gbk", "gb18030", "cp936", "windows936", "ms936", "euccn", "gb231280", "chinese", "936"],
            "GB18030"
        ),
        (["big5", "big5hkscs", "cp950", "windows950", "big5et", "cnbig5", "big5eten"], "BIG5-HKSCS"),
        (["euctw"], "EUC-TW"),
        (["iso2022cn"], "ISO-2022-CN"),
        (["shiftjis", "sjis", "mskanji", "cp932", "windows31j", "windows932", "ms932"], "CP932"),
        (["eucjp", "eucjpms", "ujis", "cp51932"], "EUC-JP-MS"),
        (
            ["iso2022jp", "jis", "iso2022jp1", "iso2022jp2", "cp50220", "cp50221", "cp50222", "iso2022jpms"],
            "ISO-2022-JP-2"
        ),
        (["iso2022jp3", "iso2022jp2004"], "ISO-2022-JP-3"),
        (
            [
                "euckr", "ksc56011987", "ksc56011989", "ksc5601", "ksx1001", "korean", "cp949", "uhc", "windows949",
                "ms949", "5601",
                "kscs5601", "ksc5601987",
            ], "UHC"
        ),
        (["iso2022kr"], "ISO-2022-KR"),
        (["johab", "cp1361"], "JOHAB"),
        (["tcvn", "tcvn5712"], "TCVN"),
        (["viscii", "viscii11"], "VISCII"),
        (["armscii8"], "ARMSCII-8"),
        (["georgianacademy"], "GEORGIAN-ACADEMY"),
        (["utf7", "unicode11utf7", "unicode20utf7"], "UTF-7"),
        (["utf16", "ucs2", "iso10646ucs2"], "UTF-16"),
        (["utf16le", "unicodelittle"], "UTF-16LE"),
        (["utf16be", "unicodebig"], "UTF-16BE"),
        (["utf32", "ucs4", "iso10646ucs4"], "UTF-32"),
        (["utf32le"], "UTF-32LE"),
        (["utf32be"], "UTF-32BE"),
    ]
}
