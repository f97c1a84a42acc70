import Desk
import Foundation
import Testing

@testable import baton

@Suite("Listings")
struct ListingTests {
    static let instant = Timestamp(microseconds: 1_769_862_896_000_000)

    static func listing(rows: Int) -> Listing {
        let row: [Listing.Cell] = [
            .integer(7), .text("=\"a\", b\u{1B}"), .none, .flag(true), .instant(Self.instant), .texts(["x", "y"]),
            .duration(.seconds(90)),
        ]
        return Listing(
            columns: [
                .init(key: "number", title: "#", alignment: .right), .init(key: "subject", title: "Subject"),
                .init(key: "owner", title: "Owner"), .init(key: "active", title: nil), .init(key: "at", title: "At"),
                .init(key: "names", title: "Names"), .init(key: "linger", title: "Linger"),
            ],
            rows: Array(repeating: row, count: rows),
            emptyText: "Nothing."
        )
    }

    @Test func `a table is for people`() {
        let text = Self.listing(rows: 1).text(.table, raw: false, on: TextTableTests.file)
        #expect(
            text == """
                #  Subject        Owner  At                Names  Linger
                7  ="a", b\\u{1B}  –      2026-01-31 12:34  x, y   1 min 30 s

                """
        )
    }

    @Test func `an empty table says so, empty JSON and CSV stay what they are`() {
        let empty = Self.listing(rows: 0)
        #expect(empty.text(.table, raw: false, on: TextTableTests.file) == "Nothing.\n")
        #expect(empty.text(.json, raw: false, on: TextTableTests.file) == "[]\n")
        #expect(
            empty.text(.csv, raw: false, on: TextTableTests.file) == "number,subject,owner,active,at,names,linger\r\n"
        )
    }

    @Test(arguments: [1, 2, 5])
    func `JSON has every column under its key, and null for nothing`(rows: Int) throws {
        let text = Self.listing(rows: rows).text(.json, raw: false, on: TextTableTests.file)
        let parsed = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        #expect(parsed.count == rows)
        #expect(parsed[0]["number"] as? Int == 7)
        #expect(parsed[0]["subject"] as? String == "=\"a\", b\u{1B}")
        #expect(parsed[0]["owner"] is NSNull)
        #expect(parsed[0]["at"] as? String == "2026-01-31T12:34:56Z")
        #expect(parsed[0]["linger"] as? Int == 90)
    }

    @Test func `CSV guards text, and only text`() {
        func row(raw: Bool) -> String {
            let text = Self.listing(rows: 1).text(.csv, raw: raw, on: TextTableTests.file)
            return String(text.split(separator: "\r\n").last ?? "")
        }
        #expect(row(raw: false) == "7,\"'=\"\"a\"\", b\u{1B}\",,true,2026-01-31T12:34:56Z,x y,90")
        #expect(row(raw: true) == "7,\"=\"\"a\"\", b\u{1B}\",,true,2026-01-31T12:34:56Z,x y,90")
    }

    @Test(arguments: [
        (Int64(0), "0 s"), (59, "59 s"), (60, "1 min"), (3_661, "1 h 1 min"), (86_400, "1 d"), (270_000, "3 d 3 h"),
        (-5, "0 s"),
    ])
    func `durations are read in two units`(seconds: Int64, text: String) {
        #expect(ReadableTime.duration(.seconds(seconds)) == text)
    }
}
