import HubCore
import HubTensors

/// A family of models: how its configuration describes a decoder, and what its tensors are called.
package struct Architecture: Sendable {
    /// As `model_type` in config.json.
    package let modelType: String

    let names: @Sendable (Configuration) throws(InferenceError) -> TensorNames
    let shape: @Sendable (Configuration) throws(InferenceError) -> DecoderShape

    /// All families this engine runs.
    package static let all: [Architecture] = [gptNeo, gpt2, llama, mistral, qwen2, qwen3]

    /// The family a configuration names.
    package static func named(in configuration: Configuration) throws(InferenceError) -> Architecture {
        guard let name = configuration["model_type"]?.string else {
            throw .invalid("'model_type' is missing", path: Configuration.path)
        }
        guard let architecture = all.first(where: { $0.modelType == name }) else {
            throw .unsupportedArchitecture(String(name.prefix(100)))
        }
        return architecture
    }
}

extension Configuration {
    /// The activation under `key`.
    func activation(_ key: String, default standard: String) throws(InferenceError) -> DecoderShape.Activation {
        let name = try string(key, default: standard)
        guard let activation = DecoderShape.Activation(named: name) else {
            throw .unsupported("the activation '\(name.prefix(100))' is not supported", path: Self.path)
        }
        return activation
    }

    /// `whole / parts`, which must be whole.
    func quotient(_ whole: Int, _ parts: Int) throws(InferenceError) -> Int {
        guard whole % parts == 0 else {
            throw .invalid("\(whole) features cannot be split into \(parts) heads", path: Self.path)
        }
        return whole / parts
    }
}
