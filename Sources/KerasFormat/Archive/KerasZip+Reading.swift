#if Keras
    import Faults
    import Files

    /// A `.keras` file as a zip archive, open for reading. Only members that are asked for by name are looked at.
    struct KerasZip {
        private static let remedy = "fetch it again, or save the model again with Keras 3"

        private let archive: ZipArchive

        /// - Throws: a `missingInput` fault when there is no such file, `badData` when it is no zip archive.
        init(_ path: String) throws {
            let storage = try ReadOnlyBytes.contents(of: path)
            guard ZipArchive.isArchive(storage.bytes) else {
                throw Fault(.badData, path, "is no Keras archive", remedy: Self.remedy)
            }
            archive = try ZipArchive(storage, path: path, remedy: Self.remedy)
        }

        /// The bytes of a member, whose checksum is right.
        ///
        /// - Parameter limit: how many bytes it may have at most once inflated.
        /// - Throws: a `badData` fault when it is not there, is damaged, or claims more than it can hold.
        func contents(of name: String, limit: Int) throws -> KerasContents {
            guard let member = archive.members.first(where: { $0.name == name }) else {
                throw Fault(.badData, archive.path, "holds no \(name)", remedy: Self.remedy)
            }
            guard member.byteCount <= limit else {
                throw Fault(
                    .badData, archive.path, "its \(name) claims \(member.byteCount) bytes", remedy: Self.remedy)
            }
            let contents = try archive.checkedContents(of: member)
            // To compare the checksum all of it was read, which is not how the weights are.
            archive.storage.release()
            let isInFile = contents.storage === archive.storage && !archive.storage.isInMemory
            return KerasContents(
                storage: contents.storage, range: contents.byteOffset..<contents.byteOffset + member.byteCount,
                file: isInFile ? archive.path : nil)
        }
    }
#endif
