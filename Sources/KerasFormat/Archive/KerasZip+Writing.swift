import Files

#if Keras
    import CZip
    import Faults
    import Files

    extension KerasZip {
        /// A file of an archive.
        struct Member {
            let name: String
            let bytes: [UInt8]
        }

        /// Midnight of the first day that zip can express, 1 January 1980: equal members give equal archives.
        private static let date: (time: UInt16, day: UInt16) = (0, 1 << 5 | 1)

        /// A regular file that everybody may read and its owner may write, where zip keeps Unix modes.
        private static let attributes: UInt32 = 0o100644 << 16

        /// Writes an archive of stored members, atomically; equal members give equal bytes.
        ///
        /// - Throws: a `cannotWrite` fault.
        static func write(_ members: [Member], to file: AtomicFile) throws {
            let path = file.path
            var error = zip_error_t()
            guard let target = zip_source_buffer_create(nil, 0, 0, &error) else { throw failure(path) }
            defer { zip_source_free(target) }
            guard let archive = zip_open_from_source(target, ZIP_TRUNCATE, &error) else { throw failure(path) }
            // The archive now owns the source and lets go of it when it is closed.
            zip_source_keep(target)
            do {
                try add(members[...], toAndClose: archive, path)
            } catch {
                zip_discard(archive)
                throw error
            }
            try copy(target, to: file, path)
            try file.commit()
        }

        /// The members' bytes are read when the archive is closed: until then they must stay where they are.
        private static func add(
            _ members: ArraySlice<Member>, toAndClose archive: OpaquePointer, _ path: String
        ) throws {
            guard let member = members.first else {
                guard zip_close(archive) == 0 else { throw failure(path) }
                return
            }
            try member.bytes.withUnsafeBytes { bytes in
                guard let source = zip_source_buffer(archive, bytes.baseAddress, UInt64(bytes.count), 0) else {
                    throw failure(path)
                }
                let index = zip_file_add(archive, member.name, source, zip_flags_t(ZIP_FL_ENC_UTF_8))
                guard index >= 0 else {
                    zip_source_free(source)
                    throw failure(path)
                }
                guard zip_set_file_compression(archive, UInt64(index), ZIP_CM_STORE, 0) == 0,
                    zip_file_set_dostime(archive, UInt64(index), date.time, date.day, 0) == 0,
                    zip_file_set_external_attributes(
                        archive, UInt64(index), 0, UInt8(ZIP_OPSYS_UNIX), attributes) == 0
                else { throw failure(path) }
                try add(members.dropFirst(), toAndClose: archive, path)
            }
        }

        private static func copy(_ source: OpaquePointer, to file: AtomicFile, _ path: String) throws {
            guard zip_source_open(source) == 0 else { throw failure(path) }
            defer { zip_source_close(source) }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
            defer { buffer.deallocate() }
            while true {
                let count = zip_source_read(source, buffer.baseAddress!, UInt64(buffer.count))
                guard count >= 0 else { throw failure(path) }
                if count == 0 { return }
                try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]))
            }
        }

        /// The archive grows in memory: nothing else can fail before it is written.
        private static func failure(_ path: String) -> Fault {
            Fault(.cannotWrite, path, "libzip cannot make the archive", remedy: "free some memory and try again")
        }
    }
#endif
