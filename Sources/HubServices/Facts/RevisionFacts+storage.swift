import HubCore

// Facts as they rest in the database: one JSON object, in which what is absent is left out. Objects of the card keep the
// order in which the card has them.
extension RevisionFacts {
    var stored: JSONValue {
        var object = JSONObject()
        object.set("card", card)
        object.set("cardText", .string(ByteString(cardText)))
        object.set("config", config)
        object.set("transformers", transformers?.stored)
        object.set("safetensors", safetensors?.stored)
        object.set("gguf", gguf)
        object.set("maskToken", maskToken)
        object.set("evaluations", evaluations)
        object.set("frameworks", frameworks)
        object.set("library", library)
        object.set("dataFormats", dataFormats)
        object.set("papers", papers)
        object.set("size", .integer(size))
        return .object(object)
    }

    init(stored value: JSONValue) {
        card = value["card"]
        cardText = value["cardText"]?.string ?? ""
        config = value["config"]
        transformers = value["transformers"].flatMap(TransformersFacts.init(stored:))
        safetensors = value["safetensors"].flatMap(SafetensorsFacts.init(stored:))
        gguf = value["gguf"]
        maskToken = value["maskToken"]?.string
        evaluations = value["evaluations"]
        frameworks = value["frameworks"]?.array?.compactMap(\.string) ?? []
        library = value["library"]?.string
        dataFormats = value["dataFormats"]?.array?.compactMap(\.string) ?? []
        papers = value["papers"]?.array?.compactMap(\.string) ?? []
        size = value["size"]?.int ?? 0
    }
}

extension TransformersFacts {
    fileprivate var stored: JSONValue {
        var object = JSONObject()
        object.set("autoModel", autoModel)
        object.set("customClass", customClass)
        object.set("pipeline", pipeline)
        object.set("processor", processor)
        return .object(object)
    }

    fileprivate init?(stored value: JSONValue) {
        guard let model = value["autoModel"]?.string else { return nil }
        autoModel = model
        customClass = value["customClass"]?.string
        pipeline = value["pipeline"]?.string
        processor = value["processor"]?.string
    }
}

extension SafetensorsFacts {
    fileprivate var stored: JSONValue {
        var counts = JSONObject()
        for (type, count) in parameters.sorted(by: { $0.key < $1.key }) {
            counts.set(ByteString(type), .integer(count))
        }
        return .object(["parameters": .object(counts), "total": .integer(total), "sharded": .bool(sharded)])
    }

    fileprivate init?(stored value: JSONValue) {
        guard let counts = value["parameters"]?.object, let total = value["total"]?.int else { return nil }
        let members = counts.members.map { key, count in (key.string, count.int ?? 0) }
        parameters = Dictionary(members, uniquingKeysWith: { first, _ in first })
        self.total = total
        sharded = value["sharded"]?.bool ?? false
    }
}

extension JSONObject {
    /// Adds a member, unless there is nothing to add.
    fileprivate mutating func set(_ key: ByteString, _ value: JSONValue?) {
        if let value { set(key, value) }
    }

    fileprivate mutating func set(_ key: ByteString, _ text: String?) {
        if let text { set(key, .string(ByteString(text))) }
    }

    fileprivate mutating func set(_ key: ByteString, _ texts: [String]) {
        if !texts.isEmpty { set(key, .array(texts.map { .string(ByteString($0)) })) }
    }
}
