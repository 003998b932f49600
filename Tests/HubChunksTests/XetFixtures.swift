import Foundation
import HubCore

/// The published vectors and captured bodies in Tests/Fixtures/xet.
enum XetFixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/xet")

    static let reference = decode(Reference.self, "xetcore_reference.json")
    static let client = decode(ClientVectors.self, "client_file_hashes.json")
    static let manifest = decode(Manifest.self, "golden/manifest.json")

    static func golden(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: "golden/\(name)")))
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ name: String) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: name)))
        } catch {
            fatalError("fixture \(name) cannot be read: \(error)")
        }
    }

    struct HashAndLength: Decodable {
        let hash: XetHash
        let length: Int

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            hash = try values.decode(XetHash.self)
            length = try values.decode(Int.self)
        }
    }

    struct Reference: Decodable {
        let gear_table_sha256_of_little_endian_u64s: String
        let chunk_boundaries: [Boundaries]
        let triggering_pattern: Pattern
        let merkle: [Merkle]
        let hash_hex: HashHex
        let crc64nvme: CRC
        let published_draft_denis_xet: Draft
        let published_spec_reference_files: SpecFile

        struct Boundaries: Decodable {
            let recipe: String
            let byte_checks: [String: UInt8]?
            let boundaries: [Int]
        }

        struct Pattern: Decodable {
            let base: [UInt8]
            let cases: [Case]

            struct Case: Decodable, CustomStringConvertible {
                let padding: Int
                let byte_at_11111: UInt8
                let boundaries: [Int]
                var description: String { "padding \(padding)" }
            }
        }

        struct Merkle: Decodable, CustomStringConvertible {
            let leaves: [HashAndLength]
            let xorb_hash: XetHash
            let file_hash_by_salt: [[String]]
            var description: String { "\(leaves.count) leaves, \(xorb_hash)" }
        }

        struct HashHex: Decodable {
            let raw: [UInt8]
            let string: String
        }

        struct CRC: Decodable {
            let input_ascii: String
            let value_hex: String
            let value_decimal: String
        }

        struct Draft: Decodable {
            let chunk_hash: ChunkHash
            let internal_node: Node
            let verification: Verification

            struct ChunkHash: Decodable {
                let input_ascii: String
                let raw_hex: String
                let string: XetHash
            }

            struct Node: Decodable {
                let children: [HashAndLength]
                let string: XetHash
            }

            struct Verification: Decodable {
                let chunks: [XetHash]
                let string: XetHash
            }
        }

        struct SpecFile: Decodable {
            let n_chunks: Int
            let chunk_hashes: [XetHash]
            let chunk_lengths: [Int]?
            let xet_file_hash: XetHash
            let xorb_hash: XetHash
            let range_verification_hash: XetHash
        }
    }

    struct ClientVectors: Decodable {
        let vectors: [Vector]

        struct Vector: Decodable, CustomStringConvertible {
            let name: String
            let size: Int
            let sha256: ContentDigest
            let xet_file_hash: XetHash
            let n_chunks: Int
            let single_xorb_hash: XetHash
            let whole_file_verification_hash: XetHash?
            let chunks: [HashAndLength]?
            let chunk_lengths: [Int]?
            let first_chunk_hash: XetHash?
            let last_chunk_hash: XetHash?
            let global_dedup_eligible_chunk_indices: [Int]
            var description: String { name }
        }
    }

    struct Manifest: Decodable {
        let inputs: [String: Input]
        let xorbs: [String: Xorb]
        let shards: [String: Shard]
        let client_cached_full_shard: FullShard
        let dedup_response_example: DedupShard

        enum CodingKeys: String, CodingKey {
            case inputs, xorbs, shards
            case client_cached_full_shard = "client_cached_full_shard.mdb"
            case dedup_response_example = "dedup_response_example.mdb"
        }

        struct Input: Decodable {
            let size: Int
            let sha256: ContentDigest
            let xet_file_hash: XetHash
        }

        struct Xorb: Decodable {
            let bytes: Int
            let crc64nvme: String
            let sha256: String
            let chunks: [Chunk]

            struct Chunk: Decodable {
                let offset: Int
                let end: Int
                let scheme: UInt8
                let compressed: Int
                let uncompressed: Int
                let hash: XetHash
                let first_bytes: String
            }
        }

        struct Shard: Decodable {
            let bytes: Int
            let files: [File]
            let xorbs: [Xorb]

            struct File: Decodable {
                let hash: XetHash
                let sha256: ContentDigest
                let terms: [Term]
            }

            struct Term: Decodable {
                let xorb: XetHash
                let length: Int
                let start: Int
                let end: Int
                let verification: XetHash
            }

            struct Xorb: Decodable {
                let hash: XetHash
                let bytes_in_xorb: Int
                let bytes_on_disk: Int
                let chunks: [Chunk]
            }

            struct Chunk: Decodable {
                let hash: XetHash
                let start: Int
                let length: Int
                let flags: Int
            }
        }

        struct FullShard: Decodable {
            let file_info_offset: UInt64
            let xorb_info_offset: UInt64
            let file_lookup_offset: UInt64
            let file_lookup_num: UInt64
            let xorb_lookup_offset: UInt64
            let xorb_lookup_num: UInt64
            let chunk_lookup_offset: UInt64
            let chunk_lookup_num: UInt64
            let hmac_key: String
            let creation: UInt64
            let expiry: UInt64
            let stored_on_disk: UInt64
            let materialized: UInt64
            let stored: UInt64
            let footer_offset: UInt64
        }

        struct DedupShard: Decodable {
            let hmac_key_raw_hex: String
            let created: UInt64
            let expiry: UInt64
            let first_chunk: FirstChunk

            struct FirstChunk: Decodable {
                let plain: XetHash
                let keyed: XetHash
            }
        }
    }
}
