import HubAPI
import HubCore
import HubServices
import Hummingbird

/// What a repository comes to.
struct StatisticsRoutes {
    let hub: Hub

    func add(to routes: RouteTable) {
        routes.forEachKind { kind, one in
            one.get(
                "stats", "Counts commits, refs, objects, files and bytes.", answer: .json(StatisticsBody.self)
            ) { _, context in
                let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .read)
                return try Answer.json(
                    StatisticsBody(await hub.statistics.statistics(of: record, for: context.caller)))
            }
        }
    }
}

extension StatisticsBody {
    fileprivate init(_ found: StatisticsService.Statistics) {
        func share(_ part: StatisticsService.Statistics.Share) -> Share { Share(count: part.count, bytes: part.bytes) }
        self.init(
            refs: Refs(
                branches: found.branches, tags: found.tags, pullRequests: found.pullRequests, others: found.otherRefs),
            objects: Objects(
                commits: share(found.commits), trees: share(found.trees), blobs: share(found.blobs),
                tags: share(found.tagObjects), isWhole: found.isWhole),
            longestHistory: found.longestHistory,
            largeFiles: LargeFiles(
                count: found.largeFiles.count, bytes: found.largeFiles.bytes, storedAlone: found.storedAlone,
                storedShared: found.storedShared),
            largestFiles: found.largestFiles.map { File(path: $0.path, size: $0.size, isLarge: $0.isLarge) },
            lastPush: found.lastPush.map { LastPush(date: timestamp($0.time), ref: $0.ref, via: $0.door) },
            forks: found.forks)
    }
}
