import Faults
import Files

/// What to say of files of other programs that are given where an array of numpy, or a table, is wanted.
enum ForeignArray {
    /// - Parameters:
    ///   - beginning: the first bytes of the file.
    ///   - name: what messages call the file.
    static func fault(_ beginning: some Collection<UInt8>, name: String) -> Fault {
        guard let file = ForeignFile(beginning: beginning) else {
            return Fault(
                .badData, name, "is not a .npy file: it does not start with \\x93NUMPY, nor as any other known file",
                remedy: "save the array with numpy.save")
        }
        return Fault(.badData, name, "is not a .npy file but \(file.name)", remedy: remedy(file, name))
    }

    /// What to say of a zip archive without an array of numpy.
    static func archiveFault(_ archive: ZipArchive) -> Fault {
        let names = archive.members.map(\.name)
        if names.contains("metadata.json"), names.contains("config.json") {
            return Fault(
                .badData, archive.path, "is a model of Keras, which holds no stamps", remedy: "name it with --model")
        }
        if names.contains(where: { $0.hasSuffix("data.pkl") }) {
            return Fault(
                .badData, archive.path, "is a file of PyTorch",
                remedy:
                    """
                    name a model with --model, and save a tensor with numpy.save("array.npy", \
                    torch.load("\(archive.path)").numpy())
                    """)
        }
        return Fault(
            .badData, archive.path, "holds no array" + (names.first.map { ", but \($0)" } ?? ""),
            remedy: "save the arrays with numpy.savez")
    }

    /// How the numbers in a file become an array that is read.
    private static func remedy(_ file: ForeignFile, _ name: String) -> String {
        if let unwrapping = file.unwrapping(name) { return unwrapping }
        let quoted = "\"\(name)\""
        func saved(_ array: String) -> String { "convert it in Python: numpy.save(\"array.npy\", \(array))" }
        return switch file {
        case .picture:
            "stack the pictures of all stamps in Python: numpy.save(\"stamps.npy\", "
                + "numpy.stack([numpy.asarray(PIL.Image.open(f)) for f in files]))"
        case .parquet: saved("numpy.stack(pandas.read_parquet(\(quoted))[\"COLUMN\"])")
        case .feather: saved("numpy.stack(pandas.read_feather(\(quoted))[\"COLUMN\"])")
        case .pickle: saved("numpy.load(\(quoted), allow_pickle=True)") + ", if you trust who made it"
        case .matlab: saved("scipy.io.loadmat(\(quoted))[\"NAME\"]") + ", with the axes as (N, height, width)"
        case .matlabHDF5: saved("h5py.File(\(quoted))[\"NAME\"][()].T") + ", with the axes as (N, height, width)"
        case .netCDF: saved("scipy.io.netcdf_file(\(quoted)).variables[\"NAME\"].data")
        case .asdf: saved("asdf.open(\(quoted))[\"NAME\"]")
        case .text(separator: .some(let separator)) where separator != " ":
            saved("numpy.loadtxt(\(quoted), delimiter=\"\(separator == "\t" ? "\\t" : String(separator))\")")
                + ", of stamps with .reshape(-1, HEIGHT, WIDTH)"
        case .text: saved("numpy.loadtxt(\(quoted))") + ", of stamps with .reshape(-1, HEIGHT, WIDTH)"
        case .json: saved("json.load(open(\(quoted)))")
        case .safetensors: "name a model with --model; save an array with numpy.save"
        default: "read it in Python, and save its numbers with numpy.save"
        }
    }

    /// What to say of a file that an option names where it takes a column of a table or an array; nil where there is no
    /// such file, or nothing is known of it.
    ///
    /// - Parameter text: the value of the option, perhaps with `:COLUMN` behind the file's name.
    static func tableFault(_ text: String, option: String) -> Fault? {
        let path = FileAccess.exists(text) ? text : text.lastIndex(of: ":").map { String(text[..<$0]) } ?? text
        if FileAccess.isFolder(path) {
            return Fault(
                .usage, "\(option) \(text)", "names a folder", remedy: "name a file in it, as \(path)/FILE.csv:COLUMN")
        }
        guard let file = ForeignFile(path: path) else { return nil }
        if NamedPart.has([".csv", ".npy"], path.utf8), [.npy, .text(separator: ",")].contains(file) { return nil }
        let stem = path.lastIndex(of: ".").map { String(path[..<$0]) } ?? path
        let quoted = "\"\(path)\""
        func written(_ table: String, _ write: String = "to_csv", _ options: String = ", index=False") -> String {
            "convert it in Python: \(table).\(write)(\"\(stem).csv\"\(options)), and name \(stem).csv:COLUMN"
        }
        let remedy =
            switch file {
            case .parquet: written("pandas.read_parquet(\(quoted))")
            case .feather: written("pandas.read_feather(\(quoted))")
            case .fits, .hdf5: written("astropy.table.Table.read(\(quoted))", "write", "")
            case .pickle: written("pandas.read_pickle(\(quoted))") + ", if you trust who made it"
            case .json: written("pandas.read_json(\(quoted))")
            case .zip: "name an array in it, as \(path):NAME, if it is a .npz file"
            case .npy: "give it a name that ends in .npy"
            case .text(separator: ","): "give it a name that ends in .csv, and name \(stem).csv:COLUMN"
            case .text: written("pandas.read_csv(\(quoted), sep=None, engine=\"python\")")
            default: file.unwrapping(path) ?? "give FILE.csv:COLUMN, or FILE.npy with a row for each stamp"
            }
        return Fault(.usage, "\(option) \(text)", "is \(file.name), not a .csv table or .npy array", remedy: remedy)
    }
}
