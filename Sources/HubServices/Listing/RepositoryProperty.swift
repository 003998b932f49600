package import HubCore

/// What can be told of a repository, under the names clients ask for it by.
package enum RepositoryProperty: String, Sendable, CaseIterable {
    case author, baseModels, cardData, childrenModelCount, citation, config, createdAt, datasets, description, disabled
    case downloads, downloadsAllTime, evalResults, gated, gguf, inference, inferenceProviderMapping, lastModified
    case libraryName = "library_name"
    case likes, mainSize
    case maskToken = "mask_token"
    case modelIndex = "model-index"
    case models
    case papersWithCodeID = "paperswithcode_id"
    case pipelineTag = "pipeline_tag"
    case `private`, region, resourceGroup, runtime, safetensors, sdk, sha, siblings, spaces, subdomain, tags
    case transformersInfo, trendingScore, usedStorage, widgetData

    /// Everything there is about a kind of repository, in the order of the alphabet.
    package static func all(of kind: RepositoryID.Kind) -> [RepositoryProperty] {
        switch kind {
        case .model:
            [
                .author, .baseModels, .cardData, .childrenModelCount, .config, .createdAt, .disabled, .downloads,
                .downloadsAllTime, .evalResults, .gated, .gguf, .inference, .inferenceProviderMapping, .lastModified,
                .libraryName, .likes, .maskToken, .modelIndex, .pipelineTag, .private, .resourceGroup, .safetensors,
                .sha, .siblings, .spaces, .tags, .transformersInfo, .trendingScore, .usedStorage, .widgetData,
            ]
        case .dataset:
            [
                .author, .cardData, .citation, .createdAt, .description, .disabled, .downloads, .downloadsAllTime,
                .gated, .lastModified, .likes, .mainSize, .papersWithCodeID, .private, .resourceGroup, .sha, .siblings,
                .tags, .trendingScore, .usedStorage,
            ]
        case .space:
            [
                .author, .cardData, .createdAt, .datasets, .disabled, .lastModified, .likes, .models, .private,
                .region, .resourceGroup, .runtime, .sdk, .sha, .siblings, .subdomain, .tags, .trendingScore,
                .usedStorage,
            ]
        case .kernel:
            [
                .author, .cardData, .createdAt, .disabled, .downloads, .downloadsAllTime, .gated, .lastModified,
                .likes, .private, .sha, .siblings, .tags, .trendingScore, .usedStorage,
            ]
        }
    }

    /// What is told of one repository unless the client names what it wants.
    package static func shown(of kind: RepositoryID.Kind) -> Set<RepositoryProperty> {
        Set(all(of: kind)).subtracting([
            .baseModels, .childrenModelCount, .downloadsAllTime, .evalResults, .inference, .inferenceProviderMapping,
            .mainSize, .region, .resourceGroup, .trendingScore,
        ])
    }

    /// What is told of each repository in a list unless the client names what it wants.
    package static func listed(
        of kind: RepositoryID.Kind,
        full: Bool,
        card: Bool,
        config: Bool
    ) -> Set<RepositoryProperty> {
        var listed: Set<RepositoryProperty> = [
            .author, .createdAt, .downloads, .lastModified, .libraryName, .likes, .pipelineTag, .private, .sdk, .tags,
            .trendingScore,
        ]
        if full { listed.formUnion([.disabled, .gated, .sha, .siblings]) }
        if card || (full && kind != .model) { listed.insert(.cardData) }
        if config { listed.insert(.config) }
        return listed.intersection(all(of: kind))
    }
}
