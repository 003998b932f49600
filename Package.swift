// swift-tools-version: 6.2

import PackageDescription

// One section per layer, lowest first. A target may name only targets above it in this file,
// so reading the file top to bottom is reading the architecture. See docs/architecture.md.

/// For the targets that call C.
///
/// Only they may handle pointers.
let pointerSettings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

/// For all others: a pointer that leaks out of its layer is a warning here, and an error in CI.
let swiftSettings = pointerSettings + [.strictMemorySafety()]

let package = Package(
    name: "hub",
    products: [
        .executable(name: "hubd", targets: ["hubd"]),
        .executable(name: "hubctl", targets: ["hubctl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.24.0"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2", traits: []),
    ],
    targets: [
        // MARK: C

        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CLibgit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(
            name: "CHubKernels",
            // Kernels stay fast in debug builds: the inference tests depend on it.
            cSettings: [.unsafeFlags(["-O3"])]
        ),

        // MARK: Values

        .target(name: "HubCore", swiftSettings: swiftSettings),

        // MARK: Stores

        .target(
            name: "HubDatabase",
            dependencies: [
                "HubCore",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "HubChunks",
            dependencies: [
                "CHubKernels", "CLZ4", "CZstd", "HubCore", "HubDatabase",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: pointerSettings
        ),
        .target(
            name: "HubGit",
            dependencies: [
                "CDeflate", "CLibgit2", "HubCore", "HubDatabase",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: pointerSettings
        ),

        // MARK: Engines

        .target(name: "HubTensors", dependencies: ["CHubKernels", "HubCore"], swiftSettings: pointerSettings),
        .target(
            name: "HubInference",
            dependencies: ["CHubKernels", "HubCore", "HubTensors"],
            resources: [.embedInCode("Resources/probe.txt")],
            swiftSettings: pointerSettings
        ),

        // MARK: Use cases

        .target(
            name: "HubServices",
            dependencies: [
                "HubChunks", "HubCore", "HubDatabase", "HubGit", "HubInference", "HubTensors",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: swiftSettings
        ),

        // MARK: HTTP

        .target(name: "HubAPI", dependencies: ["HubCore"], swiftSettings: swiftSettings),
        .target(
            name: "HubHTTP",
            dependencies: [
                "HubAPI", "HubCore", "HubServices",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            ],
            swiftSettings: swiftSettings
        ),

        // MARK: Client

        .target(
            name: "HubClient",
            dependencies: [
                "HubAPI", "HubChunks", "HubCore", "HubGit", "HubTensors",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: swiftSettings
        ),

        // MARK: Programs

        .executableTarget(
            name: "hubd",
            dependencies: [
                "HubChunks", "HubCore", "HubDatabase", "HubGit", "HubHTTP", "HubServices",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "hubctl",
            dependencies: [
                "HubAPI", "HubClient", "HubCore", "HubGit", "HubInference", "HubTensors",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "hub-bench",
            dependencies: [
                "CHubKernels", "HubChunks", "HubCore", "HubInference", "HubTensors",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: pointerSettings
        ),

        // MARK: Tests

        .target(
            name: "HubTestSupport",
            dependencies: [
                "HubChunks", "HubCore", "HubDatabase",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "HubServicesTestSupport",
            dependencies: [
                "HubChunks", "HubCore", "HubDatabase", "HubGit", "HubServices",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "HubCoreTests",
            dependencies: ["HubCore", "HubTestSupport"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "HubDatabaseTests",
            dependencies: [
                "HubCore", "HubDatabase", "HubTestSupport",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "HubChunksTests",
            dependencies: [
                "CHubKernels", "HubChunks", "HubCore", "HubDatabase", "HubTestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: pointerSettings
        ),
        .testTarget(
            name: "HubGitTests",
            dependencies: ["HubCore", "HubDatabase", "HubGit", "HubTestSupport"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "HubTensorsTests",
            dependencies: ["HubCore", "HubTensors", "HubTestSupport"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "HubInferenceTests",
            dependencies: ["CHubKernels", "HubCore", "HubInference", "HubTensors", "HubTestSupport"],
            swiftSettings: pointerSettings
        ),
        .testTarget(
            name: "HubServicesTests",
            dependencies: [
                "HubChunks", "HubCore", "HubDatabase", "HubGit", "HubServices", "HubServicesTestSupport", "HubTensors",
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(name: "HubAPITests", dependencies: ["HubAPI", "HubCore"], swiftSettings: swiftSettings),
        .testTarget(
            name: "HubHTTPTests",
            dependencies: [
                "HubAPI", "HubChunks", "HubCore", "HubDatabase", "HubGit", "HubHTTP", "HubServices",
                "HubServicesTestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "HubdTests",
            dependencies: [
                "HubCore", "HubHTTP", "HubServices", "hubd",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "HubClientTests",
            dependencies: ["HubAPI", "HubChunks", "HubClient", "HubCore", "HubGit", "HubTestSupport"],
            swiftSettings: swiftSettings
        ),
    ],
    swiftLanguageModes: [.v6]
)
