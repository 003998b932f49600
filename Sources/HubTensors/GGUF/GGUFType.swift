/// How the elements of a GGUF tensor are stored: numbers, or blocks that share a scale (GGUF specification, `ggml_type`).
package enum GGUFType: UInt32, Sendable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q2_k = 10
    case q3_k = 11
    case q4_k = 12
    case q5_k = 13
    case q6_k = 14
    case q8_k = 15
    case iq2_xxs = 16
    case iq2_xs = 17
    case iq3_xxs = 18
    case iq1_s = 19
    case iq4_nl = 20
    case iq3_s = 21
    case iq2_s = 22
    case iq4_xs = 23
    case i8 = 24
    case i16 = 25
    case i32 = 26
    case i64 = 27
    case f64 = 28
    case iq1_m = 29
    case bf16 = 30
    case tq1_0 = 34
    case tq2_0 = 35
    case mxfp4 = 39

    /// The number of elements that are stored together.
    package var blockSize: Int {
        switch self {
        case .f32, .f16, .bf16, .f64, .i8, .i16, .i32, .i64: 1
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_nl, .mxfp4: 32
        default: 256
        }
    }

    /// The bytes of one block.
    package var blockByteCount: Int {
        switch self {
        case .i8: 1
        case .f16, .bf16, .i16: 2
        case .f32, .i32: 4
        case .f64, .i64: 8
        case .mxfp4: 17
        case .q4_0, .iq4_nl: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q5_1: 24
        case .q8_0: 34
        case .iq1_s: 50
        case .tq1_0: 54
        case .iq1_m: 56
        case .iq2_xxs, .tq2_0: 66
        case .iq2_xs: 74
        case .iq2_s: 82
        case .q2_k: 84
        case .iq3_xxs: 98
        case .q3_k, .iq3_s: 110
        case .iq4_xs: 136
        case .q4_k: 144
        case .q5_k: 176
        case .q6_k: 210
        case .q8_k: 292
        }
    }
}

extension GGUFType: CustomStringConvertible {
    /// The usual spelling, such as "Q4_K".
    package var description: String { Self.names[self] ?? "type \(rawValue)" }

    private static let names: [GGUFType: String] = [
        .f32: "F32", .f16: "F16", .q4_0: "Q4_0", .q4_1: "Q4_1", .q5_0: "Q5_0", .q5_1: "Q5_1",
        .q8_0: "Q8_0", .q2_k: "Q2_K", .q3_k: "Q3_K", .q4_k: "Q4_K", .q5_k: "Q5_K", .q6_k: "Q6_K",
        .q8_k: "Q8_K", .iq2_xxs: "IQ2_XXS", .iq2_xs: "IQ2_XS", .iq3_xxs: "IQ3_XXS", .iq1_s: "IQ1_S", .iq4_nl: "IQ4_NL",
        .iq3_s: "IQ3_S", .iq2_s: "IQ2_S", .iq4_xs: "IQ4_XS", .i8: "I8", .i16: "I16", .i32: "I32",
        .i64: "I64", .f64: "F64", .iq1_m: "IQ1_M", .bf16: "BF16", .tq1_0: "TQ1_0", .tq2_0: "TQ2_0",
        .mxfp4: "MXFP4",
    ]
}
