import Foundation
import HubCore
import HubTensors

/// The frequencies at which pairs of a head's features turn with the position.
///
/// Su et al., "RoFormer", arXiv:2104.09864, in the half-split layout of Transformers: feature d turns with
/// feature d + headSize / 2.
package struct RotaryPositions: Sendable, Hashable {
    /// Radians per position, one per pair; rounded to f32 as the reference does.
    let frequencies: [Float]

    /// Factor on cosine and sine.
    let scale: Float

    init(frequencies: [Float], scale: Float = 1) {
        self.frequencies = frequencies
        self.scale = scale
    }

    /// Reads `rope_parameters` (Transformers 5), or `rope_theta` with `rope_scaling` (before).
    init(_ configuration: Configuration, headSize: Int) throws(InferenceError) {
        let parameters = try configuration.nested("rope_parameters")
        let older = try configuration.nested("rope_scaling")
        let scaling = parameters ?? older ?? Configuration(.object(JSONObject()))
        let holder = scaling["rope_theta"] == nil ? configuration : scaling
        let theta = try holder.double("rope_theta", default: 10_000, in: 1...1e15)
        let frequencies = (0..<headSize / 2).map { pair in
            1 / powf(Float(theta), Float(2 * pair) / Float(headSize))
        }
        let kind = try scaling.string("rope_type", default: try scaling.string("type", default: "default"))
        switch kind {
        case "default", "none": self.init(frequencies: frequencies)
        case "linear":
            let factor = Float(try scaling.double("factor", default: 1, in: 1e-3...1e6))
            self.init(frequencies: frequencies.map { $0 / factor })
        case "llama3": self.init(frequencies: try Self.llama3(frequencies, scaling, configuration))
        default:
            throw .unsupported("rotary positions of type '\(kind)' are not supported", path: Configuration.path)
        }
    }

    /// Slows what turns less than once within the old context, leaves what turns often, and blends between.
    private static func llama3(
        _ frequencies: [Float],
        _ scaling: Configuration,
        _ configuration: Configuration
    ) throws(InferenceError) -> [Float] {
        let factor = Float(try scaling.double("factor", default: 8, in: 1e-3...1e6))
        let low = Float(try scaling.double("low_freq_factor", default: 1, in: 1e-3...1e6))
        let high = Float(try scaling.double("high_freq_factor", default: 4, in: 1e-3...1e6))
        let old = Float(
            try scaling.optionalInt("original_max_position_embeddings", in: DecoderShape.Limit.positions) ?? 8192)
        guard high > low else {
            throw .invalid("'high_freq_factor' must exceed 'low_freq_factor'", path: Configuration.path)
        }
        return frequencies.map { frequency in
            let wavelength = 2 * Float.pi / frequency
            if wavelength < old / high { return frequency }
            if wavelength > old / low { return frequency / factor }
            let smooth = (old / wavelength - low) / (high - low)
            return (1 - smooth) * frequency / factor + smooth * frequency
        }
    }

    /// Cosine and sine of `pair` at `position`; the angle is rounded to f32 first, as the reference does.
    func turn(pair: Int, position: Int) -> (cosine: Float, sine: Float) {
        let angle = Float(position) * frequencies[pair]
        return (cosf(angle) * scale, sinf(angle) * scale)
    }
}
