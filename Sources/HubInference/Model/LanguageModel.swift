package import HubCore

/// A decoder with its weights, ready to run; shared freely, for it never changes.
package struct LanguageModel: Sendable {
    package let architecture: Architecture
    package let shape: DecoderShape

    /// The number of weights, a tied head counted once.
    package let parameters: Int

    let weights: DecoderWeights

    /// Loads config.json and the safetensors files among `files`, by their paths in the model.
    ///
    /// Weights in a `MappedFile` are used where they lie; others are read into memory, within the limit. Sizes are
    /// checked against the configuration before anything is allocated.
    package static func load(
        _ files: [String: any ByteReader],
        _ options: LoadOptions = LoadOptions()
    ) async throws -> LanguageModel {
        guard let file = files[Configuration.path] else { throw InferenceError.missingFile(Configuration.path) }
        guard file.count <= 4 << 20 else {
            throw InferenceError.tooLarge("\(Configuration.path) has \(file.count) bytes")
        }
        let configuration = try Configuration(try await file.read(0..<file.count))
        let architecture = try Architecture.named(in: configuration)
        if configuration["quantization_config"] != nil {
            throw InferenceError.unsupported("quantised weights are not supported", path: Configuration.path)
        }
        let shape = try architecture.shape(configuration)
        try shape.check()
        let weights = try await WeightFiles(files, options)
        var loader = try WeightLoader(names: try architecture.names(configuration), shape: shape, files: weights)
        let loaded = try await loader.load()
        return LanguageModel(
            architecture: architecture, shape: shape, parameters: loader.parameters, weights: loaded)
    }
}
