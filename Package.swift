// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "CallRouter",
    products: [
        .executable(name: "CallRouter", targets: ["CallRouter"]),
        // Counts the allocations of the program into which it is loaded (LD_PRELOAD): for `Benchmarks micro` alone.
        .library(name: "AllocationCounter", type: .dynamic, targets: ["CAllocations"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // The C library calls that Foundation hides (memmem, getrandom).
        .target(name: "CShims"),
        // Which numbers may be called (libphonenumber), and streams at 16 kHz (libsoxr), behind plain C.
        .target(name: "CPhoneNumbers", linkerSettings: [.linkedLibrary("phonenumber"), .linkedLibrary("protobuf")]),
        .target(name: "CSoxr", linkerSettings: [.linkedLibrary("soxr")]),
        // Bytes: WebSocket connections, the providers' messages, audio, signatures. Has no idea what a call is.
        .target(
            name: "Wire",
            dependencies: [
                "CShims", "CSoxr",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        // What a call is: session, registry, supervisor, and the ports to everything outside.
        .target(
            name: "CallActors",
            dependencies: [
                "Wire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            resources: [.embedInCode("Prompts/Templates")]
        ),
        // Loopback stand-ins for the carrier, the voice model and Claude, speaking the real protocols.
        .target(
            name: "StandIns",
            dependencies: [
                "Wire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            resources: [.copy("Speech")]
        ),
        // The process: command line, configuration, routes, store, metrics, drain.
        .executableTarget(
            name: "CallRouter",
            dependencies: [
                "CallActors", "CPhoneNumbers", "CShims", "StandIns", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        // The load benchmark: what runs for every message in C, what decides in values, and the commands.
        .target(
            name: "CLoad",
            path: "Benchmarks/CLoad",
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
        .target(
            name: "LoadKit",
            dependencies: [.product(name: "Histogram", package: "hdrhistogram-swift")],
            path: "Benchmarks/LoadKit"
        ),
        // Counts allocations, by standing in front of malloc and its kin.
        .target(name: "CAllocations", path: "Benchmarks/CAllocations"),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "CAllocations",
                "CallRouter",  // Measured as a child process: building the benchmarks builds the router beside them.
                "CallActors", "CLoad", "CShims", "LoadKit", "StandIns", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Benchmarks",
            exclude: ["CAllocations", "CLoad", "LoadKit"]
        ),
        .testTarget(name: "WireTests", dependencies: ["Wire"], resources: [.copy("Fixtures")]),
        .testTarget(name: "CallActorsTests", dependencies: ["CallActors", "StandIns"]),
        .testTarget(name: "LoadKitTests", dependencies: ["LoadKit"]),
        .testTarget(name: "StandInsTests", dependencies: ["StandIns", "Wire"], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "CallRouterTests",
            dependencies: [
                "CallRouter", "CallActors", "StandIns", "Wire",
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// One set of rules for every Swift target: complete checking, explicit existentials, no hidden hops, no warnings.
let plainC = ["CAllocations", "CLoad", "CPhoneNumbers", "CShims", "CSoxr"]
for target in package.targets where !plainC.contains(target.name) {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),  // SE-0335
        .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
        .treatAllWarnings(as: .error),
        // Overlapping accesses are found by the compiler, and at run time in every debug build, hence in every test; in a
        // release each frame would pay for looking again.
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    ]
}
