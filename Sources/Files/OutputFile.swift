import Faults
import Glibc

/// A file that a user names for a command to write.
///
/// Links are followed first: what they lead to is written, and they stay. Devices, pipes and open descriptors (such as
/// `/dev/stdout`) are written directly. A file that is read is never written, and one that exists is replaced only if
/// the same command made it.
public struct OutputFile: Sendable {
    /// What a command writes, to recognise what it wrote before.
    public struct Kind: Sendable {
        let name: String
        let recognises: @Sendable (String) -> Bool

        /// - Parameters:
        ///   - name: with its article, as in "a table of predictions".
        ///   - recognises: whether the file at a path is of this kind. What cannot be read is not.
        public init(_ name: String, recognises: @escaping @Sendable (String) -> Bool) {
            (self.name, self.recognises) = (name, recognises)
        }

        /// A text that begins with this.
        public init(_ name: String, beginsWith text: String) {
            self.init(name) { path in
                let prefix = try? RangedFile.regular(path)?.prefix(text.utf8.count)
                return prefix.map { $0.elementsEqual(text.utf8) } ?? false
            }
        }
    }

    enum Destination: Equatable, Sendable {
        /// A file, which is there or not, under no link's name.
        case file(String)
        /// A device or a pipe.
        case special(String)
        /// What this process has open already.
        case descriptor(Int32)
    }

    /// As the user named it.
    public let path: String
    let destination: Destination

    /// Checks an output before the work that it is for. Leaves nothing behind.
    ///
    /// - Parameters:
    ///   - path: as the user named it.
    ///   - option: of the command, for messages.
    ///   - inputs: the files that the command reads.
    ///   - others: what else it writes.
    ///   - reserved: paths of what it writes without being asked.
    ///   - kind: what it writes.
    /// - Throws: `Fault(.usage)` for an empty path, an input or another output; `Fault(.cannotWrite)` for what cannot
    ///   be written, and for a file that something else made.
    public init(
        _ path: String, option: String, inputs: [String], others: [OutputFile] = [], reserved: [String] = [], kind: Kind
    ) throws {
        guard !path.isEmpty else {
            throw Fault(.usage, option, "names an empty path", remedy: "name a file")
        }
        self.path = path
        destination = Self.resolved(path)
        if let input = inputs.first(where: { Self.identity(of: $0) != nil && Self.identity(of: $0) == identity }) {
            throw Fault(
                .usage, "\(option) \(path)", "is what the command reads (\(input))",
                remedy: "name another file to write")
        }
        guard !others.contains(where: { $0.destination == destination }) else {
            throw Fault(
                .usage, "\(option) \(path)", "is written by another option too", remedy: "name one file for each")
        }
        guard case .file(let file) = destination else { return }
        if let name = reserved.first(where: { Self.absolute($0) == file }) {
            throw Fault(
                .usage, "\(option) \(path)", "is where the command writes \(FileAccess.split(name).name)",
                remedy: "name another file")
        }
        // Where it cannot be written, that is the first thing to say.
        _ = try AtomicFile(file, named: path)
        var status = stat()
        if stat(file, &status) == 0, status.st_size > 0, !kind.recognises(file) {
            throw Fault(
                .cannotWrite, path, "already exists and is not \(kind.name) of this program's",
                remedy: "name another file with \(option), or remove it first")
        }
    }

    /// Opens it for writing.
    ///
    /// - Throws: `Fault(.cannotWrite)`.
    public func open() throws -> AtomicFile {
        switch destination {
        case .file(let file): try AtomicFile(file, named: path)
        case .special(let file): try AtomicFile(descriptor: Glibc.open(file, O_WRONLY | O_CLOEXEC), path: path)
        case .descriptor(let number): try AtomicFile(descriptor: fcntl(number, F_DUPFD_CLOEXEC, 0), path: path)
        }
    }

    /// Writes `text` as the whole file, in UTF-8.
    public func write(_ text: String) throws {
        let file = try open()
        try file.write(text)
        try file.commit()
    }

    // MARK: Where a name leads

    private struct Identity: Equatable {
        let device: dev_t
        let number: ino_t
    }

    private var identity: Identity? {
        switch destination {
        case .file(let file), .special(let file): Self.identity(of: file)
        case .descriptor(let number):
            {
                var status = stat()
                return fstat(number, &status) == 0 ? Self.identity(status) : nil
            }()
        }
    }

    private static func identity(of path: String) -> Identity? {
        var status = stat()
        return stat(path, &status) == 0 ? identity(status) : nil
    }

    /// Nil for what several may read and write at once, such as a terminal.
    private static func identity(_ status: stat) -> Identity? {
        status.st_mode & S_IFMT == S_IFREG ? Identity(device: status.st_dev, number: status.st_ino) : nil
    }

    private static func resolved(_ path: String) -> Destination {
        var current = path
        // As many links as the system follows.
        for _ in 0..<40 {
            if let number = ownDescriptor(current) { return .descriptor(number) }
            guard let target = link(current) else { return end(current) }
            current = target.hasPrefix("/") ? target : FileAccess.split(current).folder + "/" + target
        }
        // Opening it will say that the links go round in circles.
        return .special(path)
    }

    /// What stands under a name that is no link.
    private static func end(_ current: String) -> Destination {
        var status = stat()
        guard stat(current, &status) == 0 else { return .file(absolute(current)) }
        switch status.st_mode & S_IFMT {
        case S_IFREG, S_IFDIR: return .file(absolute(current))
        default: return .special(current)
        }
    }

    /// The same file under a name that is equal for all ways to write it, if its folder is there.
    private static func absolute(_ path: String) -> String {
        let (folder, name) = FileAccess.split(path)
        guard !name.isEmpty, name != ".", name != "..", let real = realpath(folder, nil) else { return path }
        defer { free(real) }
        let parent = String(cString: real)
        return parent == "/" ? "/\(name)" : "\(parent)/\(name)"
    }

    private static func link(_ path: String) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { text in
            let count = readlink(path, text.baseAddress!, text.count - 1)
            guard count > 0 else { return nil }
            text[count] = 0
            return String(cString: text.baseAddress!)
        }
    }

    /// The number of a descriptor of this process that a path in `/proc` or `/dev/fd` denotes.
    private static func ownDescriptor(_ path: String) -> Int32? {
        let (folder, name) = FileAccess.split(path)
        guard let number = Int32(name), number >= 0, let real = realpath(folder, nil) else { return nil }
        defer { free(real) }
        let parts = String(cString: real).split(separator: "/")
        guard parts.count >= 3, parts[0] == "proc", parts[1] == "\(getpid())", parts.last == "fd" else { return nil }
        return number
    }
}
