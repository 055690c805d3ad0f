import Faults
import Files

/// A folder of MLflow's file store: a folder for each experiment, in it one for each run.
///
/// ```
/// STORE/EXPERIMENT/meta.yaml
/// STORE/EXPERIMENT/RUN/meta.yaml
///                      params/NAME     its value
///                      metrics/NAME    a line "milliseconds value step" for each measurement
///                      tags/NAME       its value
///                      artifacts/
/// ```
/// Source: `mlflow.store.tracking.file_store.FileStore` of MLflow 2 and 3.
struct MLflowStore {
    /// With a leading slash.
    let path: String

    /// Makes the folder, if it is not there.
    ///
    /// - Throws: `Fault(.cannotWrite)`.
    init(_ path: String) throws {
        self.path = try AbsolutePath.of(path)
        try FileAccess.makeFolders(self.path)
    }

    /// The folder of the experiment with this name, which is made if there is none.
    ///
    /// Its number follows from its name, so that two runs that make it at the same time make the same one.
    func experiment(_ name: String, milliseconds: Int) throws -> (identifier: String, folder: String) {
        for identifier in try FileAccess.names(in: path) where !identifier.hasPrefix(".") {
            let meta = "\(path)/\(identifier)/\(MetaFile.name)"
            if let found = try? MetaFile.value(of: "name", in: meta), found == name {
                return (identifier, "\(path)/\(identifier)")
            }
        }
        let identifier = Self.identifier(of: name)
        let folder = "\(path)/\(identifier)"
        try FileAccess.makeOwnFolder(folder)
        try MetaFile.write(
            [
                ("artifact_location", .text("file://\(folder)")), ("creation_time", .number(milliseconds)),
                ("experiment_id", .text(identifier)), ("last_update_time", .number(milliseconds)),
                ("lifecycle_stage", .text("active")), ("name", .text(name)),
            ], to: "\(folder)/\(MetaFile.name)")
        return (identifier, folder)
    }

    /// Eighteen digits, as MLflow's own are: FNV-1a of the name.
    private static func identifier(of name: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return "\(100_000_000_000_000_000 + hash % 900_000_000_000_000_000)"
    }
}
