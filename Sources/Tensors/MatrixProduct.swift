import COpenBLAS
import Faults

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Products of row-major matrices through OpenBLAS' `cblas_sgemm`: the only place that calls it.
///
/// Every call runs on the caller's thread alone; lanes are the program's parallelism. The bits of a result depend on
/// the three extents and on OpenBLAS' kernel type, so callers use extents that do not depend on the number of lanes.
public enum MatrixProduct {
    /// Makes OpenBLAS use the calling thread only. Call it before the first product.
    public static func useOneThread() { oneThread }

    /// Ends the threads that OpenBLAS starts when it is loaded: they spin for some hundredths of a second before they
    /// sleep, just while the stamps are loaded. Builds of OpenBLAS without threads lack the function. Runs only once:
    /// setting the number of threads a second time would restart them.
    private static let oneThread: Void = {
        openblas_set_num_threads(1)
        _ = function("blas_thread_shutdown_", (@convention(c) () -> Int32).self)?()
    }()

    /// A function of OpenBLAS that its header does not name and some builds lack.
    private static func function<Function>(_ name: String, _ type: Function.Type) -> Function? {
        #if canImport(Glibc)
            let everywhere: UnsafeMutableRawPointer? = nil
        #else
            let everywhere = UnsafeMutableRawPointer(bitPattern: -2)
        #endif
        return dlsym(everywhere, name).map { unsafeBitCast($0, to: type) }
    }

    /// The memory that OpenBLAS takes for each product that is under way, in bytes: BUFFER_SIZE in its `common_*.h`.
    private static let workspaceBytes = 32 << 22

    /// Lets OpenBLAS take the memory that `threads` products at a time need. Where it cannot be had (`ulimit -v`)
    /// OpenBLAS itself would try again for ever.
    ///
    /// - Throws: `Fault(.noResources)`.
    public static func reserveWorkspace(threads: Int) throws {
        guard let take = function("blas_memory_alloc", (@convention(c) (Int32) -> UnsafeMutableRawPointer?).self),
            let giveBack = function("blas_memory_free", (@convention(c) (UnsafeMutableRawPointer?) -> Void).self)
        else { return }
        let bytes = threads * workspaceBytes
        guard let probe = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            probe != MAP_FAILED
        else { throw OutOfMemory.fault(bytes: bytes, for: "the matrix products of \(threads) threads") }
        munmap(probe, bytes)
        // What is given back is kept for the products.
        let workspaces = (0..<threads).map { _ in take(0) }
        for workspace in workspaces { giveBack(workspace) }
    }

    /// The processor type whose kernels OpenBLAS runs, for instance `SkylakeX`.
    public static var kernelType: String { String(cString: openblas_get_corename()) }

    /// OpenBLAS' version and build options.
    public static var configuration: String { String(cString: openblas_get_config()) }

    /// `c = a·b + factor·c` with a (rows × inner), b (inner × columns) and c (rows × columns), each row-major and
    /// dense.
    ///
    /// `transposeA` reads a as (inner × rows), `transposeB` reads b as (columns × inner).
    public static func multiply(
        _ a: FloatView, _ b: FloatView, into c: MutableFloatView, rows: Int, columns: Int, inner: Int,
        transposeA: Bool = false, transposeB: Bool = false, keeping factor: Float = 0
    ) {
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            Int32(rows), Int32(columns), Int32(inner), 1, a.pointer(rows * inner), Int32(transposeA ? rows : inner),
            b.pointer(inner * columns), Int32(transposeB ? inner : columns), factor, c.pointer(rows * columns),
            Int32(columns))
    }
}
