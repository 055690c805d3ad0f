/// The compiler that built the program, for `config.json`.
enum CompilerVersion {
    #if compiler(>=6.4)
        static let swift = "6.4 or later"
    #elseif compiler(>=6.3)
        static let swift = "6.3"
    #elseif compiler(>=6.2)
        static let swift = "6.2"
    #else
        static let swift = "6.1 or earlier"
    #endif
}
