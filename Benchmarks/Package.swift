// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who builds or tests Baton builds this. It drives the release executable from
// outside; only the starting of private servers is shared, by a link, because it must be the same.
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
    dependencies: [.package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2")],
    targets: [
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "LocalServers",
            dependencies: [.product(name: "Subprocess", package: "swift-subprocess")],
            swiftSettings: settings
        ),
        .executableTarget(name: "FirstImport", dependencies: ["LocalServers", "CPostgres"], swiftSettings: settings),
    ]
)
