package import HubCore

/// Answer of `GET /api/models/OWNER/NAME`, and an item of `GET /api/models`.
///
/// Which members are there depends on the kind of repository and on what was asked for; only `_id` and `id` always are.
package struct RepositoryBody: Codable, Sendable {
    /// 24 hex digits that stay the same when the repository is renamed.
    package var objectID: String?

    /// `owner/name`.
    package var id: String

    /// The same, of models: what older clients read.
    package var modelId: String?
    package var author: String?
    package var `private`: Bool?
    package var gated: GatingBody?
    package var disabled: Bool?

    /// The commit the default branch stands at, or the one asked for.
    package var sha: String?

    /// `YYYY-MM-DDTHH:MM:SS.000Z`.
    package var createdAt: String?
    package var lastModified: String?
    package var downloads: Int?
    package var downloadsAllTime: Int?
    package var likes: Int?
    package var trendingScore: Int?
    package var tags: [String]?
    package var pipelineTag: String?
    package var libraryName: String?
    package var maskToken: String?

    /// The metadata at the top of `README.md`.
    package var cardData: JSONValue?
    package var widgetData: JSONValue?
    package var modelIndex: JSONValue?

    /// The parts of `config.json` and its neighbours that concern clients.
    package var config: JSONValue?
    package var transformersInfo: TransformersInfoBody?
    package var safetensors: SafetensorsBody?
    package var gguf: JSONValue?
    package var evalResults: JSONValue?
    package var baseModels: [String]?
    package var childrenModelCount: Int?

    /// Spaces that make use of the model.
    package var spaces: [String]?

    /// Who serves the model: nobody here.
    package var inferenceProviderMapping: [String: String]?
    package var siblings: [SiblingBody]?

    /// Bytes of all large files in the whole history.
    package var usedStorage: Int?

    /// Bytes of all files in this revision.
    package var mainSize: Int?
    package var description: String?
    package var citation: String?
    package var papersWithCodeID: String?

    /// Of a space: what it is made with and what it makes use of.
    package var sdk: String?
    package var models: [String]?
    package var datasets: [String]?
    package var subdomain: String?
    package var runtime: RuntimeBody?
    package var securityRepoStatus: SecurityStatusBody?

    /// `owner/name` of the repository this is a fork of, if the caller may see it.
    package var forkedFrom: String?

    package init(id: String) { self.id = id }

    private enum CodingKeys: String, CodingKey {
        case objectID = "_id"
        case id, modelId, author, `private`, gated, disabled, sha, createdAt, lastModified, downloads, downloadsAllTime
        case likes, trendingScore, tags
        case pipelineTag = "pipeline_tag"
        case libraryName = "library_name"
        case maskToken = "mask_token"
        case cardData, widgetData
        case modelIndex = "model-index"
        case config, transformersInfo, safetensors, gguf, evalResults, baseModels, childrenModelCount, spaces
        case inferenceProviderMapping, siblings, usedStorage, mainSize, description, citation
        case papersWithCodeID = "paperswithcode_id"
        case sdk, models, datasets, subdomain, runtime, securityRepoStatus, forkedFrom
    }
}

/// A file of a repository; all but the name only when it was asked for.
package struct SiblingBody: Codable, Sendable {
    package struct LFS: Codable, Sendable {
        package var sha256: String
        package var size: Int
        package var pointerSize: Int

        package init(sha256: String, size: Int, pointerSize: Int) {
            self.sha256 = sha256
            self.size = size
            self.pointerSize = pointerSize
        }
    }

    package var rfilename: String
    package var size: Int?

    /// The git object; of a large file, its pointer.
    package var blobId: String?
    package var lfs: LFS?

    package init(rfilename: String, size: Int? = nil, blobId: String? = nil, lfs: LFS? = nil) {
        self.rfilename = rfilename
        self.size = size
        self.blobId = blobId
        self.lfs = lfs
    }
}

/// Which classes of Transformers load a model.
package struct TransformersInfoBody: Codable, Sendable {
    package var autoModel: String
    package var customClass: String?
    package var pipelineTag: String?
    package var processor: String?

    package init(autoModel: String, customClass: String?, pipelineTag: String?, processor: String?) {
        self.autoModel = autoModel
        self.customClass = customClass
        self.pipelineTag = pipelineTag
        self.processor = processor
    }

    private enum CodingKeys: String, CodingKey {
        case autoModel = "auto_model"
        case customClass = "custom_class"
        case pipelineTag = "pipeline_tag"
        case processor
    }
}

/// How many parameters the safetensors files hold, by the type they are stored in.
package struct SafetensorsBody: Codable, Sendable {
    package var parameters: [String: Int]
    package var total: Int
    package var sharded: Bool

    package init(parameters: [String: Int], total: Int, sharded: Bool) {
        self.parameters = parameters
        self.total = total
        self.sharded = sharded
    }
}

/// The state of a space; here it never runs.
package struct RuntimeBody: Codable, Sendable {
    package struct Hardware: Codable, Sendable {
        package var current: String?
        package var requested: String?

        package init() {}
    }

    package var stage: String
    package var hardware: Hardware

    package init(stage: String) {
        self.stage = stage
        hardware = Hardware()
    }
}

/// What the security scan of a revision came to.
package struct SecurityStatusBody: Codable, Sendable {
    package struct Issue: Codable, Sendable {
        package var path: String

        /// `unsafe` or `caution`.
        package var level: String

        package init(path: String, level: String) {
            self.path = path
            self.level = level
        }
    }

    package var scansDone: Bool
    package var filesWithIssues: [Issue]

    package init(scansDone: Bool, filesWithIssues: [Issue]) {
        self.scansDone = scansDone
        self.filesWithIssues = filesWithIssues
    }
}

/// An item of `GET /api/spaces/semantic-search`.
package struct SpaceFoundBody: Codable, Sendable {
    package var id: String
    package var author: String
    package var title: String
    package var emoji: String?
    package var sdk: String?
    package var likes: Int
    package var `private`: Bool
    package var tags: [String]
    package var shortDescription: String?
    package var trendingScore: Int
    package var lastModified: String

    package init(
        id: String, author: String, title: String, emoji: String?, sdk: String?, likes: Int, private: Bool,
        tags: [String], shortDescription: String?, trendingScore: Int, lastModified: String
    ) {
        self.id = id
        self.author = author
        self.title = title
        self.emoji = emoji
        self.sdk = sdk
        self.likes = likes
        self.private = `private`
        self.tags = tags
        self.shortDescription = shortDescription
        self.trendingScore = trendingScore
        self.lastModified = lastModified
    }

    private enum CodingKeys: String, CodingKey {
        case id, author, title, emoji, sdk, likes, `private`, tags
        case shortDescription = "ai_short_description"
        case trendingScore, lastModified
    }
}

/// A tag under its heading, in `GET /api/models-tags-by-type`.
package struct TagBody: Codable, Sendable {
    package var id: String
    package var label: String
    package var type: String

    package init(id: String, label: String, type: String) {
        self.id = id
        self.label = label
        self.type = type
    }
}

/// Answer of `GET /api/models/OWNER/NAME/safetensors-metadata/INDEX`.
package struct SafetensorsMetadataBody: Codable, Sendable {
    /// What the index says beside where the tensors are.
    package struct Index: Codable, Sendable {
        package var metadata: JSONValue?

        package init(metadata: JSONValue?) { self.metadata = metadata }
    }

    /// The header of each shard, by its file name.
    package var headers: [String: JSONValue]
    package var index: Index

    package init(headers: [String: JSONValue], metadata: JSONValue?) {
        self.headers = headers
        index = Index(metadata: metadata)
    }
}
