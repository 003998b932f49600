import HubCore

// The hub's words that travel as a text.

extension XetHash: SchemaDescribed {
    static var schema: JSONSchema { .text }
    static var example: XetHash { .zero }
}
