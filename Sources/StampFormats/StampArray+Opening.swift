import Faults
import Files

extension StampArray {
    /// Opens a `.npy` file, a member of a `.npz` file (`FILE.npz:NAME`; a file's only array, or the only one
    /// with the shape of stamps, need not be named), the images of a FITS file (`FILE.fits:NAME` for those whose
    /// EXTNAME is or matches NAME, or for one HDU by its number; images of one kind need not be named;
    /// `FILE.fits:NAME,NAME` for channels), or a dataset of an HDF5 file (`FILE.h5:/PATH`; the only one of stamps need
    /// not be named).
    ///
    /// The format is recognised by the file's first bytes, not by its name.
    ///
    /// - Parameter layout: what the axes of an array mean where its shape leaves that open; nil to refuse it then.
    /// - Throws: a `missingInput` fault when the file is missing, `badData` when it is damaged, holds no stamps or
    ///   something other than stamps; `usage` for a FITS or HDF5 file in a build without support for it.
    public init(contentsOf path: String, layout: StampLayout? = nil) throws {
        self = try Self.open([path], layout: layout)[0]
    }

    /// Opens files of stamps of one kind. Where the shape of one has several readings, the others' stamps decide.
    ///
    /// - Throws: as opening one does.
    public static func open(_ paths: [String], layout: StampLayout? = nil) throws -> [StampArray] {
        let found = try paths.map { try Found(contentsOf: $0, layout: layout) }
        let sizes = Set(found.compactMap(\.size))
        return try found.map { try $0.stamps(besides: sizes) }
    }

    /// Opens a file whose array of two axes is one image, whatever its sides.
    ///
    /// - Throws: as opening one of stamps does.
    static func opening(image path: String) throws -> StampArray {
        try Found(contentsOf: path, layout: nil, isImage: true).stamps(besides: [])
    }

    /// Opens the stamps in a copy of a file's bytes; `name` is what messages call the file.
    ///
    /// - Throws: as the file would.
    package init(copying bytes: UnsafeRawBufferPointer, name: String) throws {
        let found = try Found(
            ReadOnlyBytes.copying(bytes, name), path: name, file: name, part: nil, layout: nil, isImage: false)
        self = try found.stamps(besides: [])
    }
}

/// What is in a file of stamps, before it is settled how it is read.
private struct Found {
    private enum Contents {
        case array(NumericArray, [StampShape])
        case images(FITSImages)
    }

    private let path: String
    private let contents: Contents

    /// - Parameter isImage: two axes are those of one image.
    init(contentsOf path: String, layout: StampLayout?, isImage: Bool = false) throws {
        let (file, part) = StampFiles.split(path)
        guard let ranged = try RangedFile.regular(file) else {
            try self.init(
                ReadOnlyBytes.contents(of: file), path: path, file: file, part: part, layout: layout, isImage: isImage)
            return
        }
        let prefix = try ranged.prefix(NumericArray.page)
        switch try StampFileFormat(prefix, file: file) {
        case .fits:
            let bytes = try ReadOnlyBytes.contents(of: file)
            self.init(try FITSImages(bytes, in: ranged, file: file, selecting: part), path: path)
        case .hdf5:
            try self.init(NumericArray(hdf5: .file(ranged), file: file, part: part), path: path, layout, isImage)
        case .numpy:
            let array = try NumericArray(in: ranged, prefix: prefix, path: path, choosing: Self.wanted(isImage))
            try self.init(array, path: path, layout, isImage)
        }
    }

    /// - Parameter part: what of the file is meant; nil if that was not said.
    init(
        _ storage: ReadOnlyBytes, path: String, file: String, part: String?, layout: StampLayout?, isImage: Bool
    ) throws {
        switch try StampFileFormat(storage.bytes.prefix(NumericArray.page), file: file) {
        case .fits: self.init(try FITSImages(storage, in: nil, file: file, selecting: part), path: path)
        case .hdf5:
            try self.init(NumericArray(hdf5: .block(storage), file: file, part: part), path: path, layout, isImage)
        case .numpy:
            try self.init(
                NumericArray(storage, path: path, choosing: Self.wanted(isImage)), path: path, layout, isImage)
        }
    }

    private init(_ images: FITSImages, path: String) { (contents, self.path) = (.images(images), path) }

    /// Which shape is wanted of several arrays in a file.
    private static func wanted(_ isImage: Bool) -> ([Int]) -> Bool {
        { shape in isImage ? shape.count == 2 : StampShape.isOfStamps(shape) }
    }

    private init(_ array: NumericArray, path: String, _ layout: StampLayout?, _ isImage: Bool) throws {
        let isOneImage = isImage && array.shape.count == 2 && !array.shape.contains(0)
        let image = isOneImage ? [StampShape(ofImage: array.shape)] : nil
        contents = .array(array, try image ?? StampShape.readings(of: array.shape, layout: layout, name: array.name))
        self.path = path
    }

    /// What the stamps are, if that is settled.
    var size: [Int]? {
        switch contents {
        case .array(_, let readings): readings.count == 1 ? readings[0].size : nil
        case .images(let images): [images.height, images.width, images.channels.count]
        }
    }

    /// - Parameter sizes: of stamps that go with these.
    func stamps(besides sizes: Set<[Int]>) throws -> StampArray {
        switch contents {
        case .array(let array, let readings):
            StampArray(array, try StampShape.only(readings, of: array, besides: sizes), path: path)
        case .images(let images): StampArray(images: images, path: path)
        }
    }
}

/// The formats of files of stamps.
enum StampFileFormat {
    case numpy, fits, hdf5

    /// By the first bytes of a file, whose name only tells where in it an HDF5 file may begin.
    ///
    /// - Throws: a `badData` fault when it is named like one of another format but is not one.
    init(_ prefix: some Collection<UInt8>, file: String) throws {
        if FITSImages.isFITS(prefix) {
            self = .fits
        } else if HDF5Stamps.isHDF5(prefix, file: file) {
            self = .hdf5
        } else if NamedPart.has(FITSImages.nameEndings, file.utf8) {
            throw Self.misnamed(prefix, file, "a FITS file: it does not start with SIMPLE")
        } else if NamedPart.has(HDF5Stamps.nameEndings, file.utf8) {
            throw Self.misnamed(prefix, file, "an HDF5 file: it does not have its signature")
        } else {
            self = .numpy
        }
    }

    private static func misnamed(_ prefix: some Collection<UInt8>, _ file: String, _ format: String) -> Fault {
        let found = ForeignFile(beginning: prefix)
        return Fault(
            .badData, file, "is not \(format)\(found.map { ", it is \($0.name)" } ?? "")",
            remedy: found?.unwrapping(file) ?? "give the file the name of its own format, or name another one")
    }
}
