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
        .trait(
            name: "Keras",
            description: "Read and write .keras files, and read stamps from HDF5 files; needs libhdf5 and libzip."),
        .trait(name: "FITS", description: "Read stamps from FITS files; needs cfitsio."),
        .default(enabledTraits: ["Keras", "FITS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
        // Without its default traits, which would link all of Foundation.
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),
    ],
    targets: [
        // C: what Swift cannot see, and loops compiled for several CPUs.
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CFITSIO", pkgConfig: "cfitsio", providers: [.apt(["libcfitsio-dev"])]),
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        // Opens an MPI library at run time; launch/build.sh compiles the shim with a site's own mpicc.
        .target(
            name: "CMPI", exclude: ["implementations/shim.c"],
            linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(name: "CSignals"),
        .target(name: "CIsolation"),
        .target(name: "CProgramStart"),
        // Optimised in debug builds too: tests run these loops.
        .target(
            name: "CKernels", exclude: ["README.md"],
            cSettings: [.unsafeFlags(["-O3", "-ffp-contract=on", "-fno-math-errno", "-Wno-psabi"])]),

        // The library, from the bottom up.
        library("Faults", []),
        library("Tensors", ["CKernels", "COpenBLAS", "Faults"]),
        library("Lanes", ["CKernels", "Faults"]),
        library("Files", ["Faults", "CZlib"]),
        library("Isolation", ["CIsolation", "Files", "Faults"]),
        library("HDF5Objects", [.target(name: "CHDF5", condition: .when(traits: ["Keras"]))]),
        library(
            "StampFormats",
            [
                "HDF5Objects", "Isolation", "Files", "Faults",
                .target(name: "CHDF5", condition: .when(traits: ["Keras"])),
                .target(name: "CFITSIO", condition: .when(traits: ["FITS"])),
            ]),
        library("Preparation", ["Files", "Faults"]),
        library("StampData", ["Preparation", "StampFormats", "Tensors", "CKernels", "Faults"]),
        library("StampSimulation", ["Lanes", "StampData", "StampFormats", "Files", "Tensors", "CKernels", "Faults"]),
        library("Communication", ["CMPI", "CSignals", "CKernels", "Faults"]),
        library(
            "StampLoading",
            ["Lanes", "Communication", "StampData", "Preparation", "Files", "Tensors", "Faults", logging]),
        library("Layers", ["Tensors", "CKernels"]),
        library("Optimizers", ["CKernels"]),
        library("LayerCatalog", ["Layers", "Files", "Tensors", "Faults"]),
        library("Models", ["LayerCatalog", "Layers", "Preparation", "Files", "Tensors", "Faults"]),
        library(
            "KerasFormat",
            [
                "Models", "LayerCatalog", "Preparation", "HDF5Objects", "Isolation", "Files", "Tensors", "Faults",
                .target(name: "CHDF5", condition: .when(traits: ["Keras"])),
                .target(name: "CZip", condition: .when(traits: ["Keras"])),
            ]),
        .target(
            name: "ONNXFormat",
            dependencies: ["Models", "LayerCatalog", "Layers", "Preparation", "Files", "Tensors", "Faults", protobuf],
            exclude: ["onnx_subset.proto"], swiftSettings: swiftSettings),
        library("TorchFormat", ["Models", "LayerCatalog", "Files", "Tensors", "Faults"]),
        library("ModelFiles", ["KerasFormat", "ONNXFormat", "TorchFormat", "Models", "Files", "Faults"]),
        library("Metrics", ["Lanes", "Files", "Tensors", "CKernels", "Faults"]),
        library(
            "Settings",
            [
                "StampLoading", "Metrics", "ModelFiles", "Models", "Optimizers", "Communication", "StampData",
                "Preparation", "StampFormats", "Files", "Faults",
            ]),
        library("RunRecords", ["Optimizers", "Metrics", "StampData", "Files", "Faults"]),
        library("Monitoring", ["RunRecords", "Settings", "StampData", "Files", "Faults"]),
        library(
            "Engine",
            [
                "StampLoading", "Models", "Layers", "Optimizers", "Lanes", "Communication", "StampData", "Files",
                "Tensors", "CKernels", "Faults", logging,
            ]),
        library(
            "Prediction",
            [
                "Engine", "RunRecords", "Settings", "Metrics", "ModelFiles", "Models", "Layers", "StampLoading",
                "StampData", "Preparation", "StampFormats", "Lanes", "Communication", "Files", "Tensors", "Faults",
                logging,
            ]),
        .target(
            name: "TensorBoard", dependencies: ["Files", "Faults", "CZlib", protobuf],
            exclude: ["event_subset.proto"], swiftSettings: swiftSettings),
        library("MLflow", ["Files", "Faults"]),
        library(
            "Tuning",
            [
                "RunRecords", "Optimizers", "Files", "Tensors", "CKernels", "Faults",
                .product(name: "TOMLKit", package: "TOMLKit"),
            ]),
        library(
            "Training",
            [
                "Prediction", "Engine", "RunRecords", "Settings", "Metrics", "ModelFiles", "KerasFormat", "Models",
                "Layers", "Optimizers", "TensorBoard", "MLflow", "Tuning", "StampLoading", "StampData", "Preparation",
                "StampFormats",
                "Lanes", "Communication", "Files", "Tensors", "CSignals", "CKernels", "Faults", logging,
            ]),
        library(
            "Benchmarks",
            [
                "Engine", "Settings", "Models", "Layers", "Optimizers", "StampLoading", "StampData", "StampFormats",
                "Preparation", "Lanes", "Communication", "Files", "Tensors", "CKernels", "Faults", logging,
            ]),
        library("Figures", ["Tuning", "RunRecords", "Metrics", "StampFormats", "Files", "CSignals", "Faults"]),
        library(
            "Reports",
            [
                "Figures", "Prediction", "Monitoring", "Tuning", "RunRecords", "Settings", "Metrics", "Models",
                "LayerCatalog", "StampData", "Preparation", "StampFormats", "Communication", "Files", "Tensors",
                "Faults",
                logging,
            ]),
        .executableTarget(
            name: "TrainerCommand",
            dependencies: [
                "Training", "Tuning", "Prediction", "Benchmarks", "Reports", "Figures", "Monitoring", "RunRecords",
                "Settings",
                "Metrics", "ModelFiles", "KerasFormat", "Models", "Optimizers", "StampSimulation", "StampData",
                "Preparation",
                "StampFormats", "Communication", "Isolation", "Files", "CKernels", "CProgramStart", "Faults",
                argumentParser, logging,
            ],
            swiftSettings: swiftSettings),

        // What tests share: folders, reference values, programs and how to run them; stamps, networks and ranks to run
        // the engine on; guarded memory and what rounding may cost.
        .target(
            name: "TestSupport", dependencies: ["Faults"], path: "Tests/Support/General", swiftSettings: swiftSettings),
        .target(
            name: "EngineTestSupport",
            dependencies: [
                "TestSupport", "Training", "Settings", "Models", "LayerCatalog", "Layers", "StampData", "StampFormats",
                "Communication", "Files", "Tensors", logging,
            ],
            path: "Tests/Support/Engine", swiftSettings: swiftSettings),
        .target(
            name: "NumericTestSupport", dependencies: ["Tensors"], path: "Tests/Support/Numeric",
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "ProcessGroupProgram", dependencies: ["Communication", "Faults"],
            path: "Tests/Programs/ProcessGroupProgram", swiftSettings: swiftSettings),

        .executableTarget(
            name: "DecodingServerProgram", dependencies: ["Isolation", "Faults"],
            path: "Tests/Programs/DecodingServerProgram", swiftSettings: swiftSettings),

        // Tests mirror the sources.
        tests("Faults", ["Faults"]),
        tests("CKernels", ["CKernels", "Tensors", "TestSupport", "NumericTestSupport"]),
        tests("Tensors", ["Tensors", "CKernels"]),
        tests("Files", ["Files", "StampFormats", "Faults", "TestSupport"]),
        tests("Isolation", ["Isolation", "CIsolation", "Files", "Faults", "TestSupport"]),
        tests("StampFormats", ["StampFormats", "Files", "Faults", "TestSupport"]),
        tests(
            "StampData",
            [
                "StampData", "Preparation", "StampSimulation", "StampFormats", "Tensors", "CKernels", "Faults",
                "TestSupport",
            ]),
        tests("Preparation", ["Preparation", "Faults", "TestSupport"]),
        tests("StampSimulation", ["StampSimulation", "StampData", "StampFormats", "Faults", "TestSupport"]),
        tests("Communication", ["Communication", "Faults", "TestSupport"]),
        tests("Lanes", ["Lanes"]),
        tests(
            "StampLoading",
            [
                "StampLoading", "StampData", "Preparation", "StampFormats", "Lanes", "Communication", "Tensors",
                "Faults", "TestSupport", "EngineTestSupport",
            ]),
        tests("Layers", ["Layers", "LayerCatalog", "Faults", "Files", "Tensors", "TestSupport", "NumericTestSupport"]),
        tests("Optimizers", ["Optimizers", "TestSupport"]),
        tests("LayerCatalog", ["LayerCatalog", "Layers", "Tensors", "Faults", "TestSupport"]),
        tests(
            "Models", ["Models", "LayerCatalog", "Layers", "Preparation", "Files", "Tensors", "Faults", "TestSupport"]),
        tests(
            "KerasFormat",
            [
                "KerasFormat", "Models", "LayerCatalog", "Layers", "Preparation", "Files", "Tensors", "Faults",
                "TestSupport",
            ]),
        tests(
            "TorchFormat",
            ["TorchFormat", "Models", "LayerCatalog", "Preparation", "Files", "Tensors", "Faults", "TestSupport"]),
        tests(
            "ONNXFormat",
            [
                "ONNXFormat", "Models", "LayerCatalog", "Layers", "Preparation", "Files", "Tensors", "Faults",
                "TestSupport", protobuf,
            ]),
        tests(
            "ModelFiles",
            [
                "ModelFiles", "Models", "LayerCatalog", "Engine", "StampData", "Preparation", "Lanes", "Communication",
                "Files", "Tensors", "Faults", "TestSupport", "EngineTestSupport",
            ]),
        tests(
            "Settings",
            ["Settings", "Models", "Optimizers", "StampData", "Preparation", "Files", "Faults", "TestSupport"]),
        tests("Metrics", ["Metrics", "RunRecords", "Files", "Faults", "TestSupport"]),
        tests(
            "RunRecords",
            ["RunRecords", "Settings", "Optimizers", "Metrics", "StampData", "Files", "Faults", "TestSupport"]),
        tests(
            "Engine",
            [
                "Engine", "StampLoading", "Models", "LayerCatalog", "Layers", "Optimizers", "Lanes", "Communication",
                "StampData", "Tensors", "TestSupport", "EngineTestSupport",
            ]),
        tests(
            "Training",
            [
                "Training", "Prediction", "Engine", "RunRecords", "Settings", "Metrics", "ONNXFormat", "Models",
                "Layers", "Optimizers",
                "StampLoading", "StampData", "Preparation", "StampFormats", "Lanes", "Communication", "Files",
                "Tensors", "Faults", "TestSupport", "EngineTestSupport",
            ]),
        tests("Benchmarks", ["Benchmarks", "Communication"]),
        tests("Figures", ["Figures", "RunRecords", "Metrics", "Faults", "TestSupport"]),
        tests(
            "Reports",
            [
                "Reports", "Figures", "RunRecords", "Settings", "Metrics", "Models", "Layers", "Optimizers",
                "StampData", "Preparation", "StampFormats", "Files", "Tensors", "Faults", "TestSupport",
            ]),
        tests("TensorBoard", ["TensorBoard", "Faults", "TestSupport"]),
        tests("Tuning", ["Tuning", "Optimizers", "Faults", "TestSupport"]),
        tests("MLflow", ["MLflow", "Files", "Faults", "TestSupport"]),
        tests("Monitoring", ["Monitoring", "RunRecords", "Settings", "Files", "Faults", "TestSupport"]),
        tests(
            "TrainerCommand",
            [
                "TrainerCommand", "Figures", "StampFormats", "Settings", "StampData", "ModelFiles", "Models",
                "Preparation", "Optimizers", "Files", "EngineTestSupport", "TestSupport", argumentParser,
            ]),
    ]
)
