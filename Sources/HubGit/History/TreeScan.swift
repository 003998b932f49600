import HubCore

/// Reads the entries of a tree object without making anything of their names: most trees are only passed through.
enum TreeScan {
    /// Hands over each entry but submodules: where its name lies, and whether it is a directory.
    ///
    /// Anything but `mode SP name NUL id` until the end is a ``GitError``.
    static func forEachEntry(
        of bytes: [UInt8], _ body: (_ id: ObjectID, _ name: Range<Int>, _ isTree: Bool) throws -> Void
    ) throws {
        try bytes.withUnsafeBytes { buffer in
            var place = 0
            while place < buffer.count {
                var mode: UInt32 = 0
                let start = place
                while place < buffer.count, buffer[place] != UInt8(ascii: " "), place - start < 7 {
                    mode = mode << 3 | UInt32(buffer[place] & 7)
                    place += 1
                }
                let name = place + 1
                place = name
                while place < buffer.count, buffer[place] != 0 { place += 1 }
                guard place + ObjectID.byteCount < buffer.count, place > name else {
                    throw GitError(code: .invalid, message: "a tree object is malformed")
                }
                let id = ObjectID(loading: buffer, at: place + 1)
                if mode != TreeObject.Mode.submodule { try body(id, name..<place, mode == TreeObject.Mode.tree) }
                place += 1 + ObjectID.byteCount
            }
        }
    }
}

/// A walk over trees, level by level, which opens each tree once.
struct TreeWalk {
    /// Trees that were opened and blobs that were met.
    private(set) var seen: Set<ObjectID>

    init(seen: Set<ObjectID> = []) { self.seen = seen }

    /// Walks `roots` and all below them until `visit`, called once for each object, returns false.
    ///
    /// - Returns: Whether the walk came to its end.
    mutating func walk(
        _ roots: some Sequence<ObjectID>, in repository: borrowing GitRepository,
        _ visit: (_ id: ObjectID, _ isTree: Bool) throws -> Bool
    ) throws -> Bool {
        var level: [ObjectID] = []
        var goesOn = true
        func meet(_ id: ObjectID, _ isTree: Bool, _ next: inout [ObjectID], _ seen: inout Set<ObjectID>) throws {
            guard goesOn, seen.insert(id).inserted else { return }
            goesOn = try visit(id, isTree)
            if isTree { next.append(id) }
        }
        for root in roots where goesOn { try meet(root, true, &level, &seen) }
        while goesOn, !level.isEmpty {
            var next: [ObjectID] = []
            try repository.source.forEachObject(of: level) { _, object in
                guard goesOn else { return }
                try TreeScan.forEachEntry(of: object.bytes) { id, _, isTree in try meet(id, isTree, &next, &seen) }
            }
            level = next
        }
        return goesOn
    }
}
