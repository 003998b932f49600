import Foundation
import HubCore

/// Scaled rotary positions, in the words of a configuration.
enum GGUFRopeScaling {
    /// From `rope.scaling.type`; nil for none.
    static func linear(_ keys: GGUFKeys) throws(HubError) -> JSONObject? {
        let kind = keys["rope.scaling.type"]?.string ?? "none"
        switch kind {
        case "none": return nil
        case "linear": return ["rope_type": "linear", "factor": .number(try keys.double("rope.scaling.factor"))]
        default: throw keys.refusal("rotary positions of type '\(kind)' cannot be converted")
        }
    }

    /// From the divisors of the frequencies, one a pair, that stand for Llama 3's scaling.
    ///
    /// Of its four parameters only the factor differs between the published models; the others are tried, not found.
    static func llama3(_ divisors: [Float], headSize: Int, _ keys: GGUFKeys) throws(HubError) -> JSONObject? {
        guard divisors.contains(where: { $0 != 1 }) else { return nil }
        let theta = Float(keys.optionalDouble("rope.freq_base") ?? 10_000)
        let factor = divisors.last ?? 1
        let (low, high, context): (Float, Float, Float) = (1, 4, 8192)
        let expected = divisors.indices.map { pair in
            let wavelength = 2 * Float.pi * powf(theta, Float(2 * pair) / Float(headSize))
            if wavelength < context / high { return Float(1) }
            if wavelength > context / low { return factor }
            let smooth = (context / wavelength - low) / (high - low)
            return 1 / ((1 - smooth) / factor + smooth)
        }
        guard zip(divisors, expected).allSatisfy({ abs($0 - $1) <= 1e-4 * abs($1) }) else {
            throw keys.refusal("the frequencies of 'rope_freqs.weight' are no scaling that a configuration can name")
        }
        return [
            "rope_type": "llama3", "factor": .number(Double(factor)), "low_freq_factor": .number(Double(low)),
            "high_freq_factor": .number(Double(high)), "original_max_position_embeddings": .integer(Int(context)),
        ]
    }
}
