import HubCore

extension UploadPack {
    /// The commits that are sent to a client that has what `common` reaches; nil if it has nothing and wants all.
    static func selection(
        for request: UploadPackRequest, _ wants: UploadPackWants, _ common: [CommitID],
        in git: borrowing GitRepository
    ) throws -> CommitSelection? {
        guard !common.isEmpty || !request.shallow.isEmpty || request.deepening.isWanted else { return nil }
        return try CommitSelection(request, wants: wants.commits, common: common, in: git)
    }

    /// What is sent.
    ///
    /// - Parameter selection: Nil for a client that has nothing and wants all.
    func plan(
        _ request: UploadPackRequest, _ wants: UploadPackWants, _ selection: CommitSelection?,
        in git: borrowing GitRepository
    ) throws -> PackPlan {
        if let selection { return try planOf(selection, request, wants, in: git) }
        let key = try PackPlanKey(
            repository: git.id, refs: git.snapshot().version, wants: Set(request.wants), filter: request.filter,
            sendsTags: request.sendsTags)
        if let known = git.memory.plan(key) { return known }
        let plan: PackPlan
        if request.filter == nil {
            plan = try planOfAll(request, wants, in: git)
        } else {
            let selection = try CommitSelection(request, wants: wants.commits, common: [], in: git)
            plan = try planOf(selection, request, wants, in: git)
        }
        git.memory.share(plan, for: key)
        return plan
    }

    /// What is sent to a client that has nothing and wants all.
    private func planOfAll(
        _ request: UploadPackRequest, _ wants: UploadPackWants, in git: borrowing GitRepository
    ) throws -> PackPlan {
        var closure = try git.closure(of: wants.commits)
        if closure.isWorthWriting { store.growth.note(git.id, objects: closure.walked) }
        var draft = PackDraft()
        for id in wants.tags { draft.add(id) }
        try draft.add(trees: wants.trees, without: [], filter: nil, in: git)
        for id in wants.trees + wants.blobs { draft.add(id) }
        if request.sendsTags {
            let tips = closure.tips
            var reached: CommitMarks?
            try Self.addTags(to: &draft, in: git) { commit in
                guard !tips.contains(commit) else { return true }
                if reached == nil {
                    let positions = try git.positions(of: wants.commits)
                    reached = git.table.reached(from: positions)
                }
                return git.table.position(of: commit).map { reached?[$0] ?? false } ?? false
            }
        }
        closure.add(try git.numbers(of: draft.ids))
        return PackPlan(numbers: closure.numbers)
    }

    private func planOf(
        _ selection: CommitSelection, _ request: UploadPackRequest, _ wants: UploadPackWants,
        in git: borrowing GitRepository
    ) throws -> PackPlan {
        var draft = PackDraft()
        for id in wants.tags { draft.add(id) }
        if request.filter?.takes(.commit, depth: 0) ?? true { for id in selection.commits { draft.add(id) } }
        try draft.add(
            trees: selection.trees + wants.trees, without: selection.knownTrees, filter: request.filter, in: git)
        // What was asked for by name is sent whatever the filter says.
        if let filter = request.filter, !filter.takes(.commit, depth: 0) {
            let sent = Set(selection.commits)
            for id in wants.commits where sent.contains(id) { draft.add(id) }
        }
        for id in wants.trees + wants.blobs { draft.add(id) }
        if request.sendsTags {
            let sent = draft
            try Self.addTags(to: &draft, in: git) { sent.contains($0) }
        }
        return PackPlan(numbers: try git.numbers(of: draft.ids), leftOut: draft.leftOut)
    }

    /// Adds the tags of commits that are sent.
    private static func addTags(
        to draft: inout PackDraft, in git: borrowing GitRepository, where isSent: (CommitID) throws -> Bool
    ) throws {
        var named: [ObjectID] = []
        for ref in try git.snapshot().refs where !draft.contains(ref.target) {
            if let commit = ref.peeled, try isSent(commit) { named.append(ref.target) }
        }
        for id in try UploadPackWants(named, in: git).tags { draft.add(id) }
    }
}

extension UploadPackRequest {
    fileprivate var sendsTags: Bool { capabilities.contains("include-tag") }
}
