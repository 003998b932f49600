extension JSONValue: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self = .string(ByteString(text)) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral members: (ByteString, JSONValue)...) {
        self.init()
        for (key, value) in members { set(key, value) }
    }
}
