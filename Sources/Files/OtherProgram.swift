import Glibc

/// Starts other programs (posix_spawn(3)): each in a process group of its own, so that signals of the terminal are not
/// for it, and with no signal ignored or blocked that it need not know of.
package enum OtherProgram {
    /// Why a program could not be started, as `errno` has it.
    package struct Failure: Error {
        package let number: Int32

        package init(number: Int32) { self.number = number }
    }

    /// Starts the program at `path`.
    ///
    /// - Parameters:
    ///   - arguments: the first is the program's name.
    ///   - variables: its environment, each as `NAME=value`.
    ///   - input, output, errors: descriptors of this process that become its standard ones; nil for `/dev/null`.
    /// - Returns: its process, which is to be waited for.
    package static func start(
        _ path: String, arguments: [String], variables: [String], input: Int32? = nil, output: Int32? = nil,
        errors: Int32? = nil
    ) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (standard, descriptor) in [(STDIN_FILENO, input), (STDOUT_FILENO, output), (STDERR_FILENO, errors)] {
            if let descriptor {
                posix_spawn_file_actions_adddup2(&actions, descriptor, standard)
            } else {
                let use = standard == STDIN_FILENO ? O_RDONLY : O_WRONLY
                posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", use, 0)
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGXFSZ] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var process = pid_t()
        let code = withCStrings(arguments) { arguments in
            withCStrings(variables) { posix_spawn(&process, path, &actions, &attributes, arguments, $0) }
        }
        guard code == 0 else { throw Failure(number: code) }
        return process
    }

    /// Calls `body` with a null-terminated array of C strings.
    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }
}
