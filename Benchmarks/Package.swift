// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who builds or tests Baton builds this. Bench drives the release executable
// from outside; the grammar that Parsers measures, and the starting of private servers, are shared by links, because they
// must be the same.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
]

let package = Package(
    name: "baton-benchmarks",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "LocalServers",
            dependencies: [.product(name: "Subprocess", package: "swift-subprocess")],
            swiftSettings: settings
        ),
        .executableTarget(name: "Bench", dependencies: ["LocalServers", "CPostgres"], swiftSettings: settings),
        // Of what lies below the grammar, the error alone: so no TLS is built for it.
        .target(
            name: "MailTransport",
            sources: ["TransportError.swift", "ServerText.swift"],
            swiftSettings: settings
        ),
        // With the grammar in its own module, since it is nobody's business outside.
        .executableTarget(
            name: "Parsers",
            dependencies: ["MailTransport", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings
        ),
    ]
)
