import Files
import FoundationEssentials
import StampFormats
import TestSupport
import Testing

@Suite struct StampFilesTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func make(_ names: String...) throws {
        for name in names {
            try FileManager.default.createDirectory(
                atPath: FileAccess.split(folder.path(name)).folder, withIntermediateDirectories: true)
            _ = try folder.file(name, [])
        }
    }

    private func expanded(_ patterns: String...) throws -> [String] {
        try StampFiles.expand(patterns.map { folder.path($0) }).map { String($0.dropFirst(folder.path.count + 1)) }
    }

    @Test func filesComeInTheOrderOfTheirBytes() throws {
        try make("night-2/b.npy", "night-1/B.npy", "night-1/a.npy", "night-10/c.npy", "night-1/ä.npy", "night-1/a.npz")
        let expected = ["night-1/B.npy", "night-1/a.npy", "night-1/ä.npy", "night-10/c.npy", "night-2/b.npy"]
        #expect(try expanded("night-*/*.npy") == expected)
        #expect(try expanded("night-?/[a-z].npy") == ["night-1/a.npy", "night-2/b.npy"])
    }

    @Test func patternsStandInTheOrderInWhichTheyWereGiven() throws {
        try make("a1.npy", "a2.npy", "b1.npy")
        #expect(try expanded("b*.npy", "a*.npy", "a1.npy") == ["b1.npy", "a1.npy", "a2.npy", "a1.npy"])
    }

    @Test func aFileWhoseNameHoldsSuchCharactersWins() throws {
        try make("a[1].npy", "a1.npy", "b*.npy", "b1.npy")
        #expect(try expanded("a[1].npy") == ["a[1].npy"])
        #expect(try expanded("b*.npy") == ["b*.npy"])
    }

    @Test func whatSelectsAPartStaysWithEveryFile() throws {
        try make("a1.npz", "a2.npz", "b1.fits", "b2.fits")
        #expect(try expanded("a*.npz:noise") == ["a1.npz:noise", "a2.npz:noise"])
        #expect(try expanded("b*.fits:SCI*") == ["b1.fits:SCI*", "b2.fits:SCI*"])
        #expect(try expanded("b1.fits:*") == ["b1.fits:*"])
    }

    @Test func namesThatAreNoPatternsNeedNotBeThere() throws {
        #expect(try expanded("missing.npy") == ["missing.npy"])
    }

    @Test func aPatternThatMatchesNothingIsNamed() {
        let pattern = folder.path("none-*.npy")
        expectFault(.missingInput, pattern, saying: "matches no file") { _ = try StampFiles.expand([pattern]) }
    }

    @Test func aFolderHoldsOneFileOfAClassOrNumberedOnes() throws {
        func files() throws -> [String] {
            try StampFiles.files(called: "stamps_noise", in: folder.path).map { FileAccess.split($0).name }
        }
        #expect(try files() == [])
        try make("stamps_noise-10.npy", "stamps_noise-9.fits", "stamps_noise-00001.npz")
        try make("stamps_noise-old.npy", "stamps_noise-1.txt", "stamps_sources-2.npy")
        #expect(try files() == ["stamps_noise-00001.npz", "stamps_noise-9.fits", "stamps_noise-10.npy"])
        try make("stamps_noise-0009.npy")
        expectFault(.badData, "stamps_noise-9.fits", saying: "has the same number as") { _ = try files() }
        try make("stamps_noise.fits.gz")
        #expect(try files() == ["stamps_noise.fits.gz"])
        try make("stamps_noise.npy")
        #expect(try files() == ["stamps_noise.npy"])
    }

    @Test func aMissingFolderHoldsNone() throws {
        #expect(try StampFiles.files(called: "stamps_noise", in: folder.path("missing")) == [])
    }
}
