import Settings

extension ConfigurationRecord {
    /// What explains a run's speed, and whose bits it has, as names and values for people.
    var machineRows: [(name: String, value: String)] {
        let rows = [
            ("swift-run-trainer", versions.program), ("Swift", versions.swift), ("OpenBLAS", versions.openBLAS),
            ("CPU kernel type", cpuKernelType), ("ranks × threads", "\(ranks) × \(threads)"),
        ]
        let bits = bitsDependOn.map { [("bits depend on", $0.joined(separator: ", "))] } ?? []
        return rows + bits + (memory.map { [("memory for stamps", $0)] } ?? [])
    }
}
