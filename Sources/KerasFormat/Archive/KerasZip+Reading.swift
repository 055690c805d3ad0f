#if Keras
    import CZip
    import Faults
    import Glibc

    /// A `.keras` file as a zip archive, open for reading. Only members that are asked for by name are looked at.
    final class KerasZip {
        private let archive: OpaquePointer
        private let path: String
        private let fileByteCount: UInt64

        /// - Throws: a `missingInput` fault when there is no such file, `badData` when it is no zip archive.
        init(_ path: String) throws {
            self.path = path
            var code: Int32 = 0
            guard let archive = zip_open(path, ZIP_RDONLY, &code) else {
                var error = zip_error_t()
                zip_error_init_with_code(&error, code)
                defer { zip_error_fini(&error) }
                let text = String(cString: zip_error_strerror(&error))
                if code == ZIP_ER_NOENT {
                    throw Fault(.missingInput, path, "there is no such file", remedy: "check the name and the folder")
                }
                if code == ZIP_ER_OPEN || code == ZIP_ER_READ {
                    throw Fault(
                        .missingInput, path, "cannot be read (\(text))", remedy: "check the name and its permissions")
                }
                throw Fault(
                    .badData, path, "is no Keras archive, or is cut off (\(text))",
                    remedy: "fetch it again, or save the model again with Keras 3")
            }
            self.archive = archive
            var status = stat()
            fileByteCount = stat(path, &status) == 0 ? UInt64(status.st_size) : 0
        }

        deinit { zip_discard(archive) }

        /// The bytes of a member.
        ///
        /// - Parameter limit: how many bytes it may have at most once inflated.
        /// - Throws: a `badData` fault when it is not there, stands twice, is damaged, or claims more than deflate can
        ///   hold.
        func bytes(of name: String, limit: Int) throws -> [UInt8] {
            let index = try index(of: name)
            var status = zip_stat_t()
            let needed = UInt64(ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD)
            guard zip_stat_index(archive, index, 0, &status) == 0, status.valid & needed == needed else {
                throw damaged(name)
            }
            guard status.encryption_method == UInt16(ZIP_EM_NONE),
                [UInt16(ZIP_CM_STORE), UInt16(ZIP_CM_DEFLATE)].contains(status.comp_method)
            else { throw fault("its \(name) is encrypted or packed in an unusual way") }
            // Deflate makes at most 1032 bytes out of one: whoever claims more wants memory, not a model.
            guard status.size <= UInt64(limit), status.comp_size <= fileByteCount,
                status.size / 1032 <= status.comp_size
            else {
                throw fault("its \(name) claims \(status.size) bytes in \(status.comp_size)")
            }
            return try inflate(index, name, count: Int(status.size))
        }

        private func index(of name: String) throws -> UInt64 {
            let count = UInt64(max(0, zip_get_num_entries(archive, 0)))
            let indices = (0..<count).filter { index in
                zip_get_name(archive, index, zip_flags_t(ZIP_FL_ENC_RAW)).map { String(cString: $0) == name } ?? false
            }
            guard let index = indices.first else { throw fault("holds no \(name)") }
            guard indices.count == 1 else { throw fault("holds \(name) twice") }
            return index
        }

        private func inflate(_ index: UInt64, _ name: String, count: Int) throws -> [UInt8] {
            guard let member = zip_fopen_index(archive, index, 0) else { throw damaged(name) }
            defer { zip_fclose(member) }
            return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                while initialized < count {
                    let received = zip_fread(
                        member, buffer.baseAddress! + initialized, UInt64(count - initialized))
                    guard received > 0 else { throw damaged(name) }
                    initialized += Int(received)
                }
                // The checksum is compared when there is nothing more to read.
                var more: UInt8 = 0
                guard zip_fread(member, &more, 1) == 0 else { throw damaged(name) }
            }
        }

        private func damaged(_ name: String) -> Fault { fault("its \(name) is damaged") }

        private func fault(_ problem: String) -> Fault {
            Fault(.badData, path, problem, remedy: "fetch it again, or save the model again with Keras 3")
        }
    }
#endif
