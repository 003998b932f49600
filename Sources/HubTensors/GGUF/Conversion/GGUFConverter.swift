package import HubCore

/// What a conversion wrote, and what it could not.
package struct GGUFConversion: Sendable {
    /// The names of the files in the folder.
    package let files: [String]

    /// Warnings, such as why there is no tokenizer.json.
    package let findings: [Finding]
}

/// Turns a GGUF file into the folder that Transformers loads: safetensors, configuration and tokenizer.
///
/// What llama.cpp's converters did to the tensors on their way into GGUF (names, rotary pairs, transposes) is undone.
package struct GGUFConverter: Sendable {
    private let file: GGUFFile

    package init(_ file: GGUFFile) { self.file = file }

    /// Writes `model.safetensors`, `config.json`, `generation_config.json`, and the tokenizer's files into `folder`,
    /// which is made if need be; files of these names are replaced.
    ///
    /// Numbers that are stored as such stay as they are; quantised ones become `dtype`, BF16 or F32, rounded once.
    /// `progress` hears how many of the tensors are done. Memory does not grow with the size of the model. Nothing
    /// appears in the folder until everything is written. Throws ``HubError/refused(_:)`` with all that keeps the model
    /// from being converted; a tokenizer that cannot be converted is a finding of the result.
    @discardableResult
    package func convert(
        to folder: String,
        dtype: DType = .bfloat16,
        progress: (@Sendable (_ done: Int, _ count: Int) -> Void)? = nil
    ) async throws -> GGUFConversion {
        guard dtype == .bfloat16 || dtype == .float32 else {
            throw HubError.invalid("quantised tensors become BF16 or F32, not \(dtype)")
        }
        let plan = try await GGUFConversionPlan(file, dtype: dtype)
        try StagedFile.makeFolder(folder)
        var staged = [try await write(plan, to: folder, progress: progress)]
        for document in plan.documents {
            let file = try StagedFile(document.name, in: folder)
            try file.append(document.content.prettyText() + [UInt8(ascii: "\n")])
            staged.append(file)
        }
        for file in staged { try file.sync() }
        for file in staged { try file.publish() }
        try StagedFile.syncFolder(folder)
        return GGUFConversion(files: staged.map(\.name), findings: plan.findings)
    }

    private func write(
        _ plan: GGUFConversionPlan,
        to folder: String,
        progress: (@Sendable (Int, Int) -> Void)?
    ) async throws -> StagedFile {
        let output = try StagedFile("model.safetensors", in: folder)
        try output.append(plan.header.serialized)
        progress?(0, plan.tensors.count)
        for (place, tensor) in plan.tensors.enumerated() {
            try Task.checkCancellation()
            try await tensor.forEachPiece(from: file.reader) { try output.append($0) }
            progress?(place + 1, plan.tensors.count)
        }
        return output
    }
}
