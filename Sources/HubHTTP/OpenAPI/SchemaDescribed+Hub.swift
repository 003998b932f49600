import HubAPI
import HubCore

// The hub's words that travel as a text.

extension XetHash: SchemaDescribed {
    static var schema: JSONSchema { .text }
    static var example: XetHash { .zero }
}

extension JSONValue: SchemaDescribed {
    static var schema: JSONSchema { .any }
    static var example: JSONValue { .null }
}

extension GatingBody: SchemaDescribed {
    static var schema: JSONSchema { .any }
    static var example: GatingBody { .open }
}
