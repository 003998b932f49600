import HubCore

/// Decides, tensor by tensor, what a three-way merge makes of it.
///
/// A tensor that one side left alone is never computed: the other side's bytes are the answer.
struct MergeClassifier {
    let base: Checkpoint
    let ours: Checkpoint
    let theirs: Checkpoint
    let rules: MergeRules

    /// One decision for every name on any side: ours in their order, then what only theirs has, then the base's.
    func decisions() async throws -> [MergeDecision] {
        var seen: Set<String> = []
        var decisions: [MergeDecision] = []
        for tensor in ours.tensors + theirs.tensors + base.tensors where seen.insert(tensor.name).inserted {
            try Task.checkCancellation()
            decisions.append(try await decision(for: tensor.name))
        }
        return resolveQuantised(try await resolveRenames(decisions))
    }

    private func decision(for name: String) async throws -> MergeDecision {
        switch (base[name], ours[name], theirs[name]) {
        case (nil, .some, nil): return MergeDecision(name, .oursAdded, .keep(.ours))
        case (nil, nil, .some): return MergeDecision(name, .theirsAdded, .keep(.theirs))
        case (.some, nil, nil), (nil, nil, nil): return MergeDecision(name, .bothDeleted, .drop)
        case (nil, let ours?, let theirs?):
            guard try await isSame(ours, theirs) else { return try await bothAdded(ours, theirs) }
            return MergeDecision(name, .sameAddition, .keep(.ours))
        case (let base?, let ours?, nil):
            guard try await isSame(base, ours) else {
                return settled(name, .oursChangedTheirsDeleted, "we changed it, they deleted it")
            }
            return MergeDecision(name, .theirsDeleted, .drop)
        case (let base?, nil, let theirs?):
            guard try await isSame(base, theirs) else {
                return settled(name, .oursDeletedTheirsChanged, "we deleted it, they changed it")
            }
            return MergeDecision(name, .oursDeleted, .drop)
        case (let base?, let ours?, let theirs?): return try await present(base, ours, theirs)
        }
    }

    private func present(_ base: Tensor, _ ours: Tensor, _ theirs: Tensor) async throws -> MergeDecision {
        let name = ours.name
        let oursIsBase = try await isSame(base, ours)
        let theirsIsBase = try await isSame(base, theirs)
        switch (oursIsBase, theirsIsBase) {
        case (true, true): return MergeDecision(name, .unchanged, .keep(.ours))
        case (true, false): return MergeDecision(name, .theirsChanged, .keep(.theirs))
        case (false, true): return MergeDecision(name, .oursChanged, .keep(.ours))
        case (false, false):
            guard try await isSame(ours, theirs) else { return try await bothChanged(base, ours, theirs) }
            return MergeDecision(name, .sameChange, .keep(.ours))
        }
    }

    private func bothAdded(_ ours: Tensor, _ theirs: Tensor) async throws -> MergeDecision {
        guard ours.info.shape == theirs.info.shape, ours.info.dtype == theirs.info.dtype else {
            return settled(
                ours.name, .bothAdded,
                "both sides added it, as \(ours.info.typeDescription) and \(theirs.info.typeDescription)")
        }
        return try await computed(.bothAdded, "both sides added it", base: nil, ours: ours, theirs: theirs)
    }

    private func bothChanged(_ base: Tensor, _ ours: Tensor, _ theirs: Tensor) async throws -> MergeDecision {
        let name = ours.name
        guard ours.info.shape == base.info.shape, theirs.info.shape == base.info.shape else {
            let alike = ours.info.shape == theirs.info.shape && ours.info.dtype == theirs.info.dtype
            let reason = reshapingReason(base, ours, theirs)
            return alike
                ? try await computed(.reshaped, reason, base: nil, ours: ours, theirs: theirs)
                : settled(name, .reshaped, reason)
        }
        guard ours.info.dtype == theirs.info.dtype else { return try await retyped(base, ours, theirs) }
        return try await computed(.bothChanged, "both sides changed it", base: base, ours: ours, theirs: theirs)
    }

    /// One side stored the base in another type and changed nothing else: the other's change follows it there.
    private func retyped(_ base: Tensor, _ ours: Tensor, _ theirs: Tensor) async throws -> MergeDecision {
        let name = ours.name
        let dtypes = (base.info.dtype, ours.info.dtype, theirs.info.dtype)
        guard [dtypes.0, dtypes.1, dtypes.2].allSatisfy(\.isArithmetic) else {
            return settled(name, .retypedApart, "the sides store it as \(dtypes.1) and as \(dtypes.2)")
        }
        if dtypes.2 == dtypes.0, try await isCast(of: base, ours) {
            return try await cast(theirs, .theirs, to: dtypes.1)
        }
        if dtypes.1 == dtypes.0, try await isCast(of: base, theirs) {
            return try await cast(ours, .ours, to: dtypes.2)
        }
        return settled(
            name, .retypedApart, "the sides store it as \(dtypes.1) and as \(dtypes.2), and both changed its values")
    }

    private func cast(_ tensor: Tensor, _ side: MergeSide, to dtype: DType) async throws -> MergeDecision {
        if let fault = try await ComputedTensor(.cast(tensor), dtype: dtype).examine().fault {
            return settled(tensor.name, .retyped, "one side stores it as \(dtype), but of the other's change \(fault)")
        }
        return MergeDecision(tensor.name, .retyped, .cast(side, to: dtype))
    }

    private func isCast(of base: Tensor, _ other: Tensor) async throws -> Bool {
        let cast = ComputedTensor(.cast(base), dtype: other.info.dtype)
        let size = other.info.dtype.bitCount / 8
        for places in TensorStream.blocks(cast.elementCount) {
            let start = other.info.range.lowerBound + places.lowerBound * size
            let stored = try await other.reader.read(start..<start + places.count * size)
            guard try await cast.bytes(places) == stored else { return false }
        }
        return true
    }

    private func reshapingReason(_ base: Tensor, _ ours: Tensor, _ theirs: Tensor) -> String {
        let shapes = "\(base.info.shape) became \(ours.info.shape) here and \(theirs.info.shape) there"
        let rows = [base, ours, theirs].map { $0.info.shape.dropFirst() }
        let grew = [ours, theirs].allSatisfy { ($0.info.shape.first ?? 0) > (base.info.shape.first ?? 0) }
        let isVocabulary = grew && rows[0] == rows[1] && rows[0] == rows[2] && !base.info.shape.isEmpty
        return isVocabulary
            ? "both sides added rows (a vocabulary that grew twice?): \(shapes)" : "its shape changed: \(shapes)"
    }

    private func isSame(_ one: Tensor, _ other: Tensor) async throws -> Bool {
        guard one.info.dtype == other.info.dtype, one.info.shape == other.info.shape else { return false }
        return try await one.hasSameBytes(as: other)
    }
}

// MARK: Settling by the rules

extension MergeClassifier {
    /// Where only a side can be taken as a whole.
    private func settled(_ name: String, _ situation: MergeSituation, _ reason: String) -> MergeDecision {
        guard case .method(let method) = rules.strategy(for: name) else {
            return MergeDecision(name, situation, .conflict(reason))
        }
        guard let side = method.side else {
            let sentence = "\(reason); '\(type(of: method).name)' cannot answer that, ours or theirs can"
            return MergeDecision(name, situation, .conflict(sentence))
        }
        return MergeDecision(name, situation, keep(side, name))
    }

    private func keep(_ side: MergeSide, _ name: String) -> MergeDecision.Outcome {
        let checkpoint =
            switch side {
            case .base: base
            case .ours: ours
            case .theirs: theirs
            }
        return checkpoint[name] == nil ? .drop : .keep(side)
    }

    /// Where elements stand beside each other, so that arithmetic may answer.
    private func computed(
        _ situation: MergeSituation,
        _ reason: String,
        base: Tensor?,
        ours: Tensor,
        theirs: Tensor
    ) async throws -> MergeDecision {
        let dtype = ours.info.dtype
        let isArithmetic = dtype.isArithmetic && (base?.info.dtype.isArithmetic ?? true)
        guard isArithmetic else { return settled(ours.name, situation, "\(reason), and \(dtype) is never computed") }
        guard case .method(let method) = rules.strategy(for: ours.name) else {
            var decision = MergeDecision(ours.name, situation, .conflict(reason))
            if let base { decision.movement = try await .measure(base: base, ours: ours, theirs: theirs) }
            return decision
        }
        guard method.side == nil, base != nil || !type(of: method).needsBase else {
            return settled(ours.name, situation, reason)
        }
        let result = ComputedTensor(.merge(method, base: base, ours: ours, theirs: theirs), dtype: dtype)
        let examination = try await result.examine()
        return MergeDecision(
            ours.name,
            situation,
            examination.fault.map { .conflict("\(reason), and with '\(method)' \($0)") } ?? .compute(method),
            movement: examination.movement
        )
    }
}

// MARK: Decisions that hang together

extension MergeClassifier {
    /// A tensor deleted here that stands under another name with the same bytes was renamed.
    private func resolveRenames(_ decisions: [MergeDecision]) async throws -> [MergeDecision] {
        var result = decisions
        for (place, decision) in decisions.enumerated() {
            let (side, other): (Checkpoint, MergeSide)
            switch decision.situation {
            case .oursDeletedTheirsChanged: (side, other) = (ours, .theirs)
            case .oursChangedTheirsDeleted: (side, other) = (theirs, .ours)
            default: continue
            }
            guard let tensor = base[decision.name], let name = try await newName(of: tensor, in: side) else { continue }
            let target = decisions.firstIndex { $0.name == name }
            if rules.followsRenames, let target, decision.conflict != nil {
                result[target] = MergeDecision(name, .renamed, .keep(other), originalName: decision.name)
                result[place].outcome = .drop
            } else if let reason = decision.conflict {
                result[place].outcome = .conflict("\(reason); its old bytes now stand under '\(name)'")
            }
        }
        return result
    }

    private func newName(of tensor: Tensor, in side: Checkpoint) async throws -> String? {
        var found: String?
        for candidate in side.tensors where base[candidate.name] == nil {
            guard try await isSame(tensor, candidate) else { continue }
            guard found == nil else { return nil }
            found = candidate.name
        }
        return found.flatMap { name in
            // What the other side added under that name must not be lost.
            ours[name] != nil && theirs[name] != nil ? nil : name
        }
    }

    /// The tensors of a quantised module mean something only together: they come from one side.
    private func resolveQuantised(_ decisions: [MergeDecision]) -> [MergeDecision] {
        var result = decisions
        for members in quantisedModules(decisions) {
            let situations = members.map { decisions[$0].situation }
            let oursMoved = situations.contains { $0.changesOurs }
            let theirsMoved = situations.contains { $0.changesTheirs }
            guard oursMoved, theirsMoved else { continue }
            for place in members
            where decisions[place].situation.changesOurs || decisions[place].situation.changesTheirs {
                let reason = "both sides changed the quantised module it is part of"
                result[place] = settled(decisions[place].name, .quantised, reason)
            }
        }
        return result
    }

    private func quantisedModules(_ decisions: [MergeDecision]) -> [[Int]] {
        var modules: Set<String> = []
        for tensor in ours.tensors + theirs.tensors where tensor.info.isPacked {
            modules.insert(Self.module(of: tensor.name))
            modules.insert(tensor.name)
        }
        guard !modules.isEmpty else { return [] }
        // A packed tensor's own module, and what is filed below the tensor itself, are one.
        var members: [String: [Int]] = [:]
        for (place, decision) in decisions.enumerated() {
            var module = Self.module(of: decision.name)
            while !module.isEmpty, !modules.contains(module) { module = Self.module(of: module) }
            guard !module.isEmpty else { continue }
            let isPackedTensor = ours[module]?.info.isPacked ?? theirs[module]?.info.isPacked ?? false
            let owner = isPackedTensor ? Self.module(of: module) : module
            guard owner != Self.module(of: decision.name) || isDirect(decision.name, in: owner) else { continue }
            members[owner, default: []].append(place)
        }
        return members.keys.sorted().compactMap { members[$0] }
    }

    private func isDirect(_ name: String, in module: String) -> Bool { Self.module(of: name) == module }

    private static func module(of name: String) -> String {
        name.lastIndex(of: ".").map { String(name[..<$0]) } ?? ""
    }
}

extension TensorInfo {
    /// Whether the elements are codes of a quantised matrix.
    fileprivate var isPacked: Bool {
        guard shape.count >= 2 else { return false }
        return switch dtype {
        case .uint8, .int8, .int32, .float8E4M3, .float8E5M2, .float8E8M0, .float4, .float6E2M3, .float6E3M2: true
        default: false
        }
    }
}

extension MergeSituation {
    fileprivate var changesOurs: Bool {
        switch self {
        case .unchanged, .theirsChanged, .theirsAdded, .theirsDeleted, .sameChange, .sameAddition, .bothDeleted: false
        default: true
        }
    }

    fileprivate var changesTheirs: Bool {
        switch self {
        case .unchanged, .oursChanged, .oursAdded, .oursDeleted, .sameChange, .sameAddition, .bothDeleted: false
        default: true
        }
    }
}
