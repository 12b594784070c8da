// swift-tools-version: 6.2
// Embedded client stack for Mles v2. No package dependencies; the one library is mbedTLS, on the host from
// libmbedtls-dev, or from the folder that MBEDTLS_ROOT names (with include/ and lib/ or library/ in it).
import PackageDescription

let root = Context.environment["MBEDTLS_ROOT"].flatMap { $0.isEmpty ? nil : $0 }

let swift: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  // Spans of memory inside a structure: its getters must get the structure where it lies, not a copy (`@_addressableSelf`).
  .enableExperimentalFeature("AddressableParameters"),
  .enableExperimentalFeature("RawLayout"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let mbedTLSHeaders: [CSetting] = root.map { [.unsafeFlags(["-I\($0)/include"])] } ?? []
let mbedTLSLibraries: [LinkerSetting] =
  (root.map { [.unsafeFlags(["-L\($0)/lib", "-L\($0)/library"])] } ?? [])
  + ["mbedtls", "mbedx509", "mbedcrypto"].map { .linkedLibrary($0) }

let package = Package(
  name: "mles",
  products: [
    .library(name: "MlesDevice", targets: ["Device"]),
    .executable(name: "mles-sim", targets: ["mles-sim"]),
  ],
  targets: [
    .target(name: "Bytes", swiftSettings: swift),
    .target(name: "HAL", dependencies: ["Bytes"], swiftSettings: swift),
    .target(name: "WebSocket", dependencies: ["Bytes"], swiftSettings: swift),
    .target(name: "Mles", dependencies: ["Bytes", "WebSocket"], swiftSettings: swift),
    .target(name: "CTLS", cSettings: mbedTLSHeaders, linkerSettings: mbedTLSLibraries),
    .target(name: "TLS", dependencies: ["Bytes", "HAL", "CTLS"], swiftSettings: swift),
    .target(name: "Device", dependencies: ["Bytes", "HAL", "TLS", "WebSocket", "Mles"], swiftSettings: swift),

    // What a board offers in C; each board links its own implementation.
    .systemLibrary(name: "CBoard", path: "Board/CBoard"),
    .target(
      name: "Firmware", dependencies: ["Bytes", "HAL", "TLS", "WebSocket", "Mles", "Device", "CBoard"],
      path: "Board/Firmware", swiftSettings: swift),

    .target(
      name: "Simulator", dependencies: ["Bytes", "HAL", "WebSocket", "Mles", "CTLS", "TLS", "Device"],
      path: "Simulator", exclude: ["Main", "Data", "run"],
      swiftSettings: swift),
    .executableTarget(name: "mles-sim", dependencies: ["Simulator"], path: "Simulator/Main", swiftSettings: swift),

    .testTarget(name: "BytesTests", dependencies: ["Bytes"], path: "Tests/Unit/Bytes", swiftSettings: swift),
    .testTarget(
      name: "WebSocketTests", dependencies: ["Bytes", "WebSocket"], path: "Tests/Unit/WebSocket", swiftSettings: swift),
    .testTarget(
      name: "MlesTests", dependencies: ["Bytes", "WebSocket", "Mles"], path: "Tests/Unit/Mles", swiftSettings: swift),
    .target(name: "FailingMemory", path: "Tests/Unit/FailingMemory"),
    .target(
      name: "EmptyRecords", dependencies: ["CTLS"], path: "Tests/Unit/EmptyRecords", cSettings: mbedTLSHeaders),
    .testTarget(
      name: "TLSTests", dependencies: ["TLS", "CTLS", "EmptyRecords", "FailingMemory"], path: "Tests/Unit/TLS",
      swiftSettings: swift),
    .testTarget(
      name: "DeviceTests", dependencies: ["Bytes", "HAL", "TLS", "WebSocket", "Mles", "Device"],
      path: "Tests/Unit/Device", swiftSettings: swift),
    .target(name: "FakeBoard", path: "Tests/Unit/FakeBoard"),
    .testTarget(
      name: "FirmwareTests",
      dependencies: ["Bytes", "HAL", "TLS", "Mles", "Device", "CBoard", "Firmware", "FakeBoard"],
      path: "Tests/Unit/Firmware", swiftSettings: swift),
    .testTarget(
      name: "SimulatorTests", dependencies: ["Simulator"], path: "Tests/Unit/Simulator", swiftSettings: swift),
  ],
  swiftLanguageModes: [.v6]
)
