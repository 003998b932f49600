import HubCore

/// Finds the tensor for every rule, and a rule for every tensor.
struct GGUFTensorMatcher {
    /// What is missing, of another shape, of a type that cannot be converted, or unknown.
    private(set) var findings: [Finding] = []

    private let file: GGUFFile
    private let dtype: DType
    private var left: [String: GGUFTensor]

    /// Findings beyond these would only repeat one cause.
    private static let findingLimit = 50

    init(_ file: GGUFFile, dtype: DType) {
        self.file = file
        self.dtype = dtype
        left = Dictionary(file.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The tensors in the order of `rules`; incomplete if there are findings.
    mutating func match(_ rules: [GGUFTensorRule], ignored: Set<String>) -> [GGUFConvertedTensor] {
        var tensors: [GGUFConvertedTensor] = []
        for rule in rules {
            if let tensor = match(rule) { tensors.append(tensor) }
        }
        for tensor in file.tensors where left[tensor.name] != nil && !ignored.contains(tensor.name) {
            refuse("models of the architecture '\(file.architecture)' have no such tensor", tensor.name)
        }
        return tensors
    }

    private mutating func match(_ rule: GGUFTensorRule) -> GGUFConvertedTensor? {
        guard let tensor = left.removeValue(forKey: rule.source) else {
            refuse("the tensor is missing", rule.source)
            return nil
        }
        guard tensor.shape == rule.shape else {
            refuse("its shape is \(tensor.shape), but the metadata say \(rule.shape)", tensor.name)
            return nil
        }
        guard tensor.type.plainDType != nil || tensor.type.canBeWidened else {
            refuse("tensors of type \(tensor.type) cannot be converted", tensor.name)
            return nil
        }
        return GGUFConvertedTensor(
            name: rule.target, source: tensor, arrangement: rule.arrangement, dtype: tensor.type.plainDType ?? dtype)
    }

    private mutating func refuse(_ message: String, _ tensor: String) {
        guard findings.count < Self.findingLimit else { return }
        findings.append(Finding(.error, message, in: file.path, tensor: tensor))
    }
}
