// swift-tools-version: 6.1
import PackageDescription

let swiftSettings: [SwiftSetting] = [.swiftLanguageMode(.v6)]

/// A library target of this package. Arrows point one way; `.ci/run` refuses undeclared imports.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// The tests of one target, in the folder that mirrors it.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies, swiftSettings: swiftSettings)
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")

let package = Package(
    name: "swift-run-trainer",
    products: [.executable(name: "swift-run-trainer", targets: ["TrainerCommand"])],
    traits: [
        .trait(name: "Keras", description: "Read and write .keras files; needs libhdf5 and libzip."),
        .trait(name: "FITS", description: "Read stamps from FITS files; needs cfitsio."),
        .default(enabledTraits: ["Keras", "FITS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        // Without its default traits, which would link all of Foundation.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    ],
    targets: [
        // C: what Swift cannot see, and loops compiled for several CPUs.
        .systemLibrary(
            name: "CMPISystem", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CFITSIO", pkgConfig: "cfitsio", providers: [.apt(["libcfitsio-dev"])]),
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .target(name: "CMPI", dependencies: ["CMPISystem"]),
        .target(name: "CSignals"),
        // Optimised in debug builds too: tests run these loops.
        .target(
            name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-ffp-contract=on", "-fno-math-errno", "-Wno-psabi"])]),

        // The library, from the bottom up.
        library("Faults", []),
        library("Tensors", ["CKernels", "COpenBLAS"]),
        library(
            "StampFormats", ["Faults", "CZlib", .target(name: "CFITSIO", condition: .when(traits: ["FITS"]))]),
        library("StampData", ["StampFormats", "Tensors", "CKernels", "Faults"]),
        library("Layers", ["Tensors", "CKernels"]),
        library("Models", ["Layers", "Tensors", "StampFormats", "Faults"]),
        library(
            "KerasFormat",
            [
                "Models", "Layers", "Tensors", "StampFormats", "Faults",
                .target(name: "CHDF5", condition: .when(traits: ["Keras"])),
                .target(name: "CZip", condition: .when(traits: ["Keras"])),
            ]),
        .target(
            name: "ONNXFormat", dependencies: ["Models", "Layers", "Tensors", "StampFormats", "Faults", protobuf],
            exclude: ["onnx_subset.proto"], swiftSettings: swiftSettings),
        .target(
            name: "TensorBoard", dependencies: ["StampFormats", "Faults", "CZlib", protobuf],
            exclude: ["event_subset.proto"], swiftSettings: swiftSettings),
        library("Communication", ["CMPI", "CKernels", "Faults"]),
        library("Optimizers", ["CKernels"]),
        library("RunRecords", ["StampFormats", "Faults"]),
        library("Figures", ["RunRecords", "StampFormats", "Faults"]),
        library(
            "Reports",
            [
                "Figures", "StampData", "Models", "Layers", "Optimizers", "RunRecords", "StampFormats", "Tensors",
                "Faults",
            ]),
        library(
            "Training",
            [
                "StampData", "Models", "KerasFormat", "ONNXFormat", "Layers", "Communication", "Optimizers",
                "RunRecords", "StampFormats", "TensorBoard", "Tensors",
                "CKernels", "CSignals", "Faults", logging,
            ]),
        .executableTarget(
            name: "TrainerCommand",
            dependencies: [
                "Training", "StampData", "Models", "Optimizers", "Communication", "RunRecords", "StampFormats",
                "CKernels", "Reports", "Figures",
                "Faults",
                argumentParser, logging,
            ],
            swiftSettings: swiftSettings),

        // Programs that tests run, on their own or under mpirun, and the way to run them.
        .target(name: "TestPrograms", path: "Tests/Support", swiftSettings: swiftSettings),
        .executableTarget(
            name: "ProcessGroupProgram", dependencies: ["Communication", "Faults"],
            path: "Tests/Programs/ProcessGroupProgram", swiftSettings: swiftSettings),

        // Tests mirror the sources.
        tests("Tensors", ["Tensors", "CKernels"]),
        tests("StampFormats", ["StampFormats", "Faults"]),
        tests("StampData", ["StampData", "StampFormats", "Tensors", "CKernels", "Faults"]),
        tests("Layers", ["Layers", "StampFormats", "Tensors", "CKernels"]),
        tests("Models", ["Models", "Layers", "StampFormats", "Tensors", "Faults"]),
        tests("KerasFormat", ["KerasFormat", "Models", "Layers", "StampFormats", "Tensors", "Faults"]),
        tests("ONNXFormat", ["ONNXFormat", "Models", "Layers", "StampFormats", "Tensors", "Faults", protobuf]),
        tests("TensorBoard", ["TensorBoard", "StampFormats", "Faults"]),
        tests("Communication", ["Communication", "CKernels", "Faults", "TestPrograms"]),
        tests("Optimizers", ["Optimizers"]),
        tests("RunRecords", ["RunRecords", "StampFormats", "Faults"]),
        tests("Figures", ["Figures", "RunRecords", "StampFormats", "Faults"]),
        tests(
            "Reports",
            [
                "Reports", "Figures", "StampData", "Models", "Layers", "Optimizers", "RunRecords", "StampFormats",
                "TestPrograms",
                "Tensors", "Faults",
            ]),
        tests(
            "Training",
            [
                "Training", "StampData", "Models", "Layers", "Communication", "Optimizers", "RunRecords",
                "StampFormats", "Tensors", "Faults", logging,
            ]),
        tests("TrainerCommand", ["TrainerCommand", "TestPrograms", "StampFormats"]),
    ]
)
