import ArgumentParser
import Foundation
import HubCore
import HubTensors

struct Convert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn a GGUF file into the folder that Transformers and the hub work with.",
        discussion: """
            Writes model.safetensors, config.json and the tokenizer's files. Quantised tensors are unpacked; what quantising
            lost stays lost. Example: hubctl convert model.gguf my-model
            """)

    @Argument(help: "The GGUF file.") var file: String
    @Argument(help: "The folder to write to; it is made if need be.") var folder: String
    @Option(help: "What quantised tensors become: bf16 or f32.") var dtype = "bf16"
    @Flag(help: "Replace a model that is in the folder.") var force = false
    @Flag(help: "Print JSON.") var json = false

    private struct Result: Encodable {
        let folder: String
        let files: [String]
        let findings: [Finding]
    }

    func run() async throws {
        guard let type = ["bf16": DType.bfloat16, "f32": .float32][dtype.lowercased()] else {
            throw HubError.invalid("'\(dtype)' is neither bf16 nor f32")
        }
        guard force || !FileManager.default.fileExists(atPath: "\(folder)/model.safetensors") else {
            throw HubError.conflict("'\(folder)' holds a model already; --force replaces it")
        }
        let gguf = try await GGUFFile.open(try MappedFile(path: file), path: file)
        let conversion = try await GGUFConverter(gguf).convert(to: folder, dtype: type) { done, count in
            Terminal.show(progress: "converting tensor \(done) of \(count)")
        }
        Terminal.endProgress()
        if json {
            return try Terminal.print(
                json: Result(folder: folder, files: conversion.files, findings: conversion.findings))
        }
        for finding in conversion.findings { print(finding) }
        print("Wrote \(conversion.files.sorted().joined(separator: ", ")) to \(folder).")
    }
}
