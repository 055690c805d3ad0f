#if FITS
    import Faults
    import Glibc

    /// Which images of a FITS file hold the stamps: `NAME` of `FILE.fits:NAME`, or a channel each in `NAME,NAME`.
    struct FITSSelection {
        /// Images that are one channel of the stamps.
        struct Kind {
            /// Their EXTNAME; what they were asked for by, if they have several.
            let name: String
            let images: [FITSImageHeader]
        }

        private let text: String?
        /// What messages call the file.
        private let file: String

        /// - Parameter text: nil for all images, which must be of one kind.
        init(_ text: String?, file: String) { (self.text, self.file) = (text, file) }

        /// The images that hold stamps, of each channel.
        ///
        /// - Throws: a `badData` fault when there is no image or they are of several kinds; `missingInput` when nothing
        ///   has a name that was asked for.
        func kinds(among images: [FITSImageHeader]) throws -> [Kind] {
            guard !images.isEmpty else {
                throw Fault(
                    .badData, file, "holds no image of two or more axes",
                    remedy: "save the stamps as a cube, or each as an image HDU")
            }
            guard let text else {
                guard images.allSatisfy({ $0.kind == images[0].kind }) else {
                    throw Fault(
                        .badData, file, "holds images of several kinds: \(Self.list(images))",
                        remedy:
                            """
                            \(file):EXTNAME takes those of one name, which may be a pattern, \(file):NAME,NAME makes \
                            channels of two; \(file):* takes all
                            """)
                }
                return [Kind(name: images[0].name, images: images)]
            }
            // A name may hold what separates names.
            let whole = Self.selected(text, images)
            guard whole.isEmpty, text.contains(",") else { return [try kind(text, whole, of: images)] }
            let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let kinds = try names.map { try kind($0, Self.selected($0, images), of: images) }
            for (place, kind) in kinds.enumerated() {
                let numbers = Set(kind.images.map(\.number))
                guard kinds[..<place].allSatisfy({ numbers.isDisjoint(with: $0.images.map(\.number)) }) else {
                    throw Fault(
                        .usage, "\(file):\(text)", "makes two channels of the same images",
                        remedy: "name each kind of image once")
                }
            }
            return kinds
        }

        private func kind(_ text: String, _ selected: [FITSImageHeader], of images: [FITSImageHeader]) throws -> Kind {
            guard let first = selected.first else {
                throw Fault(
                    .missingInput, file, "holds no image called \(text)",
                    remedy: "name one of \(Self.list(images))")
            }
            let isOneName = !first.name.isEmpty && selected.allSatisfy { $0.name == first.name }
            return Kind(name: isOneName ? first.name : text, images: selected)
        }

        /// The images of one name, or that match it as a pattern, or the one of that number.
        private static func selected(_ text: String, _ images: [FITSImageHeader]) -> [FITSImageHeader] {
            // FITS compares names without regard to case.
            let pattern = text.uppercased()
            // A name may hold what means something in a pattern: brackets.
            let exact = images.filter { $0.name.uppercased() == pattern }
            let named = exact.isEmpty ? images.filter { fnmatch(pattern, $0.name.uppercased(), 0) == 0 } : exact
            return named.isEmpty ? images.filter { "\($0.number)" == text } : named
        }

        private static func list(_ images: [FITSImageHeader]) -> String {
            let longest = 12
            let titles = images.prefix(longest).map(\.title).joined(separator: ", ")
            return images.count > longest ? "\(titles), … (\(images.count) in all)" : titles
        }
    }
#endif
