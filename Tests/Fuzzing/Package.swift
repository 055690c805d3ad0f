// swift-tools-version: 6.1
// Every reader of files under libFuzzer and AddressSanitizer: see README.md.
//
// A package of its own, so that the trainer's build knows nothing of it; `Library` is a link to the trainer's sources.
import PackageDescription

let coverage = "edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table"

/// A target of the trainer, instrumented for libFuzzer.
func library(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Library/\(name)", exclude: exclude,
        swiftSettings: [
            .swiftLanguageMode(.v6), .define("Keras"), .define("FITS"),
            .unsafeFlags(["-sanitize=address", "-sanitize-coverage=\(coverage)"]),
        ])
}

func system(_ name: String, _ package: String) -> Target {
    .systemLibrary(name: name, path: "Library/\(name)", pkgConfig: package)
}

let package = Package(
    name: "fuzzing",
    dependencies: [
        // As the trainer has it.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: [])
    ],
    targets: [
        system("COpenBLAS", "openblas"),
        system("CZlib", "zlib"),
        system("CFITSIO", "cfitsio"),
        system("CHDF5", "hdf5"),
        system("CZip", "libzip"),
        .target(
            name: "CKernels", path: "Library/CKernels", exclude: ["README.md"],
            // No reader calls these loops: sanitizers in them would cost minutes of building.
            cSettings: [.unsafeFlags(["-O1", "-Wno-psabi"])]),
        library("Faults", []),
        library("Tensors", ["CKernels", "COpenBLAS", "Faults"]),
        library("Lanes", ["CKernels", "Faults"]),
        library("Files", ["Faults", "CZlib"]),
        .target(name: "CIsolation", path: "Library/CIsolation"),
        library("Isolation", ["CIsolation", "Files", "Faults"]),
        library("HDF5Objects", ["CHDF5"]),
        library("StampFormats", ["HDF5Objects", "Isolation", "Files", "Faults", "CFITSIO", "CHDF5"]),
        library("Preparation", ["Files", "Faults"]),
        library("StampData", ["Preparation", "StampFormats", "Tensors", "CKernels", "Faults"]),
        library("Layers", ["Tensors", "CKernels"]),
        library("LayerCatalog", ["Layers", "Files", "Tensors", "Faults"]),
        library("Models", ["LayerCatalog", "Layers", "Preparation", "Files", "Tensors", "Faults"]),
        library(
            "KerasFormat",
            [
                "Models", "LayerCatalog", "Preparation", "HDF5Objects", "Isolation", "Files", "Tensors", "Faults",
                "CHDF5", "CZip",
            ]),
        library(
            "ONNXFormat",
            [
                "Models", "LayerCatalog", "Layers", "Preparation", "Files", "Tensors", "Faults",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["onnx_subset.proto"]),
        library("TorchFormat", ["Models", "LayerCatalog", "Files", "Tensors", "Faults"]),
        library("Metrics", ["Lanes", "Files", "Tensors", "CKernels", "Faults"]),
        library("Optimizers", ["CKernels"]),
        library("RunRecords", ["Optimizers", "Metrics", "StampData", "Files", "Faults"]),
        .systemLibrary(name: "CLibFuzzer", path: "CLibFuzzer"),
        .target(name: "CSharedCoverage", path: "CSharedCoverage"),
        .executableTarget(
            name: "fuzz-readers",
            dependencies: [
                "Faults", "Files", "Isolation", "StampFormats", "Models", "KerasFormat", "ONNXFormat", "TorchFormat",
                "RunRecords",
                "CLibFuzzer", "CSharedCoverage",
            ],
            path: "Readers", swiftSettings: [.swiftLanguageMode(.v6), .unsafeFlags(["-sanitize=address"])],
            linkerSettings: [.unsafeFlags(["-sanitize=address"])]),
    ]
)
