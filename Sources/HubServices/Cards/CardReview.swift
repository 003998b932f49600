import HubCore

/// What is to be said about the metadata of a card, as the official clients show it to who writes one.
package struct CardReview: Sendable {
    /// The card is taken, and could be better.
    package private(set) var warnings: [String] = []

    /// The card is refused.
    package private(set) var errors: [String] = []

    package init(of file: [UInt8]) {
        do {
            let card = try ModelCard(parsing: file)
            guard let metadata = card.metadata else {
                warnings.append("empty or missing yaml metadata in repo card")
                return
            }
            review(metadata)
        } catch {
            errors.append(error.description)
        }
    }

    /// Keys that hold one text or a list of texts.
    private static let words = ["base_model", "datasets", "language", "license", "metrics", "tags"]

    /// Keys that hold one text.
    private static let texts = ["library_name", "license_link", "license_name", "pipeline_tag", "pretty_name"]

    private mutating func review(_ metadata: JSONObject) {
        for key in Self.words {
            guard let value = metadata[key], !value.isNull, Self.texts(in: value) == nil else { continue }
            errors.append("\"\(key)\" must be a string or a list of strings")
        }
        for key in Self.texts {
            guard let value = metadata[key], !value.isNull, value.string == nil else { continue }
            errors.append("\"\(key)\" must be a string")
        }
        if let value = metadata["license"], let names = Self.texts(in: value),
            names.contains(where: { !CardWords.licenses.contains($0.lowercased()) })
        {
            let known = CardWords.licenses.sorted().joined(separator: ", ")
            errors.append("\"license\" must be one of [\(known)]")
        }
        if let task = metadata["pipeline_tag"]?.string, !CardWords.tasks.contains(task) {
            warnings.append("\"pipeline_tag\" is '\(task.prefix(80))', which is none of the usual tasks")
        }
        if let index = metadata["model-index"], !index.isNull { reviewModelIndex(index) }
    }

    private static func texts(in value: JSONValue) -> [String]? {
        if let text = value.string { return [text] }
        guard let values = value.array else { return nil }
        let texts = values.compactMap(\.string)
        return texts.count == values.count ? texts : nil
    }

    // MARK: Results of evaluations

    private mutating func reviewModelIndex(_ index: JSONValue) {
        guard let models = index.array else { return errors.append("\"model-index\" must be an array") }
        for (place, model) in models.enumerated() {
            let path = "model-index[\(place)]"
            guard model.object != nil else {
                errors.append("\"\(path)\" must be an object")
                continue
            }
            require(model, "name", of: path)
            guard let results = requireList(model, "results", of: path) else { continue }
            for (place, result) in results.enumerated() { reviewResult(result, "\(path).results[\(place)]") }
        }
    }

    private mutating func reviewResult(_ result: JSONValue, _ path: String) {
        guard result.object != nil else { return errors.append("\"\(path)\" must be an object") }
        for (part, keys) in [("task", ["type"]), ("dataset", ["type", "name"])] {
            guard let value = result[part], value.object != nil else {
                errors.append("\"\(path).\(part)\" is required, and must be an object")
                continue
            }
            for key in keys { require(value, key, of: "\(path).\(part)") }
        }
        guard let metrics = requireList(result, "metrics", of: path) else { return }
        for (place, metric) in metrics.enumerated() {
            require(metric, "type", of: "\(path).metrics[\(place)]")
            if metric["value"] == nil { errors.append("\"\(path).metrics[\(place)].value\" is required") }
        }
    }

    private mutating func require(_ value: JSONValue, _ key: String, of path: String) {
        guard value[key]?.string == nil else { return }
        errors.append("\"\(path).\(key)\" is required, and must be a string")
    }

    private mutating func requireList(_ value: JSONValue, _ key: String, of path: String) -> [JSONValue]? {
        guard let list = value[key]?.array else {
            errors.append("\"\(path).\(key)\" is required, and must be an array")
            return nil
        }
        return list
    }
}
