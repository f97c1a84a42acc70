// swift-tools-version: 6.2
import PackageDescription

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

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "baton",
    products: [.executable(name: "baton", targets: ["baton"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Layer 0: pure, or data.
        .target(name: "Desk", swiftSettings: settings),
        .target(name: "Rendering", swiftSettings: settings),
        .target(name: "MIME", dependencies: ["CXML"], swiftSettings: settings),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .target(
            name: "Migrations",
            path: "Migrations",
            resources: [
                .embedInCode("0001_initial.sql"), .embedInCode("0002_synchronisation.sql"),
                .embedInCode("0003_marks.sql"), .embedInCode("0004_mail_server.sql"),
                .embedInCode("0005_recipients.sql"), .embedInCode("0006_subscriptions.sql"),
                .embedInCode("0007_watched_folders.sql"), .embedInCode("0008_fewer_lookups.sql"),
                .embedInCode("0009_intents.sql"),
                .embedInCode("0010_belated_writes.sql"),
                .embedInCode("0011_belated_commands.sql"),
            ],
            swiftSettings: settings
        ),

        // Layer 1: the edges.
        .target(
            name: "MailTransport",
            dependencies: [
                "CZlib",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                crypto,
                log,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Postgres",
            dependencies: ["CPostgres", log],
            swiftSettings: settings + [.strictMemorySafety()]
        ),

        // Layer 2: the mail protocols.
        .target(
            name: "IMAP",
            dependencies: ["MailTransport", .product(name: "NIOCore", package: "swift-nio"), log],
            swiftSettings: settings
        ),

        // Layers 3 and 4: the desk.
        .target(
            name: "DeskStore",
            dependencies: ["Desk", "Postgres", "Migrations", "Rendering"],
            swiftSettings: settings
        ),
        .target(name: "DeskCommands", dependencies: ["Desk", "DeskStore", log], swiftSettings: settings),

        // Layer 5: the services.
        .target(
            name: "IngestionPlan",
            dependencies: ["Desk"],
            path: "Sources/Ingestion/Plan",
            swiftSettings: settings
        ),
        .target(
            name: "Ingestion",
            dependencies: [
                "IngestionPlan", "DeskCommands", "DeskStore", "Desk", "MIME", "IMAP", crypto, lifecycle, log,
            ],
            exclude: ["Plan"],
            swiftSettings: settings
        ),
        .target(
            name: "Assignment",
            dependencies: ["DeskCommands", "DeskStore", "Desk", "IMAP", lifecycle, log],
            swiftSettings: settings
        ),
        .target(name: "Reports", dependencies: ["Desk", "DeskStore", "Rendering"], swiftSettings: settings),
        .target(
            name: "LocalServers",
            dependencies: [.product(name: "Subprocess", package: "swift-subprocess")],
            swiftSettings: settings
        ),

        // Layer 6: the program.
        .executableTarget(
            name: "baton",
            dependencies: [
                "Desk", "MIME", "MailTransport", "Postgres", "IMAP", "DeskStore", "DeskCommands", "Ingestion",
                "Assignment", "Reports", "LocalServers", "Rendering", "CMalloc", lifecycle, log,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: settings
        ),

        // Measured with what is built for release anyway; the other benchmarks are a package of their own.
        .executableTarget(
            name: "fetch-benchmark",
            dependencies: ["IMAP", "MailTransport", "LocalServers", log],
            path: "Benchmarks/Fetch",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "idle-benchmark",
            dependencies: [
                "IMAP", "MailTransport", log,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Benchmarks/Idle",
            swiftSettings: settings
        ),

        // Tests mirror the targets.
        .testTarget(name: "DeskTests", dependencies: ["Desk"], swiftSettings: settings),
        .testTarget(name: "RenderingTests", dependencies: ["Rendering"], swiftSettings: settings),
        .testTarget(name: "MIMETests", dependencies: ["MIME"], swiftSettings: settings),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", log], swiftSettings: settings),
        .testTarget(
            name: "MailTransportTests",
            dependencies: [
                "MailTransport", crypto, log,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "IMAPTests",
            dependencies: [
                "IMAP", "LocalServers", "MailTransport", log,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            exclude: ["Transcripts", "Findings"],
            swiftSettings: settings
        ),
        .testTarget(name: "LocalServersTests", dependencies: ["LocalServers"], swiftSettings: settings),
        .testTarget(
            name: "ReportsTests",
            dependencies: ["Reports", "DeskStore", "Desk", "Postgres", "LocalServers", "Migrations", log],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BatonTests",
            dependencies: [
                "baton", "Desk", "DeskCommands", "DeskStore", "MIME", "Postgres", "LocalServers", "IMAP",
                "MailTransport", log,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "ArchitectureTests", swiftSettings: settings),
        .testTarget(name: "RepositoryTests", dependencies: ["baton"], swiftSettings: settings),
        .target(
            name: "TestSupport",
            dependencies: ["LocalServers", "Desk", "DeskStore", "Postgres", log],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .target(name: "ModelMailServer", path: "Tests/ModelMailServer", swiftSettings: settings),
        .testTarget(name: "ModelMailServerTests", dependencies: ["ModelMailServer"], swiftSettings: settings),
        .target(
            name: "Simulation",
            dependencies: ["Desk", "IngestionPlan", "ModelMailServer"],
            path: "Tests/Simulation",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "SimulationProgram",
            dependencies: ["Simulation", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/SimulationProgram",
            swiftSettings: settings
        ),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation"], swiftSettings: settings),
        .target(
            name: "Conformance",
            dependencies: ["IMAP", "MailTransport", "LocalServers", "ModelMailServer", log],
            path: "Tests/Conformance",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ConformanceProgram",
            dependencies: [
                "Conformance", "LocalServers",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/ConformanceProgram",
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConformanceTests",
            dependencies: ["Conformance", "LocalServers", "TestSupport"],
            swiftSettings: settings
        ),
        .target(
            name: "CrashMatrix",
            dependencies: ["LocalServers", "TestSupport", crypto],
            path: "Tests/CrashMatrix",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "CrashProgram",
            dependencies: [
                "CrashMatrix", "LocalServers", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/CrashProgram",
            swiftSettings: settings
        ),
        .testTarget(
            name: "CrashMatrixTests",
            dependencies: ["CrashMatrix", "TestSupport", "LocalServers", "baton"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DeskStoreTests",
            dependencies: ["DeskStore", "Desk", "Postgres", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DeskCommandsTests",
            dependencies: ["DeskCommands", "Desk", "TestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "IngestionTests",
            dependencies: [
                "Ingestion", "IngestionPlan", "DeskStore", "Desk", "IMAP", "TestSupport", crypto, log,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AssignmentTests",
            dependencies: [
                "Assignment", "DeskCommands", "DeskStore", "Desk", "IMAP", "LocalServers", "MailTransport",
                "TestSupport",
                log,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["baton", "LocalServers", "ModelMailServer", "TestSupport", crypto],
            swiftSettings: settings
        ),
    ]
)
