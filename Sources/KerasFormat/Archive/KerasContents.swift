#if Keras
    import Files
    import Isolation

    /// Bytes of a file of Keras': a whole one, a part of it, or what was inflated.
    struct KerasContents {
        let storage: ReadOnlyBytes
        let range: Range<Int>
        /// The file whose bytes `storage` has; nil for a member that was inflated, or what came from a pipe.
        let file: String?

        /// All bytes of a file.
        ///
        /// - Throws: a `missingInput` fault when there is no such file.
        init(wholeFile path: String) throws {
            let storage = try ReadOnlyBytes.contents(of: path)
            self.init(storage: storage, range: 0..<storage.bytes.count, file: storage.isInMemory ? nil : path)
        }

        init(storage: ReadOnlyBytes, range: Range<Int>, file: String?) {
            (self.storage, self.range, self.file) = (storage, range, file)
        }

        /// Calls `body` with the bytes.
        func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
            try withExtendedLifetime(storage) {
                try body(UnsafeRawBufferPointer(rebasing: storage.bytes[range]))
            }
        }

        /// What a decoder finds in the bytes.
        func decode<Decoder: IsolatedDecoder>(
            _ decoder: Decoder.Type, _ request: Decoder.Request, name: String
        ) throws -> (answer: Decoder.Answer, payload: ReadOnlyBytes) {
            try withBytes { bytes in
                try DecodingProcess.shared.decode(
                    Decoder.self, request, in: file.map { .file($0) } ?? .memory(bytes), range: file.map { _ in range },
                    name: name)
            }
        }
    }
#endif
