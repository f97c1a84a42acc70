/// Names and values under each other, for one thing that is shown whole.
enum FieldList {
    /// One line each, values aligned; made safe here.
    static func text(_ fields: [(name: String, value: String)]) -> String {
        let meter = ColumnMeter()
        let names = fields.map { SafeText.line($0.name) }
        let width = names.map { meter.width(of: $0) }.max() ?? 0
        var text = ""
        for (name, field) in zip(names, fields) {
            let padding = String(repeating: " ", count: width - meter.width(of: name))
            text += "\(name)\(padding)  \(SafeText.line(field.value))\n"
        }
        return text
    }
}
