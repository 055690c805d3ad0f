import Settings

extension ConfigurationRecord {
    /// What explains a run's speed, and whose bits it has, as names and values for people.
    var machineRows: [(name: String, value: String)] {
        let rows = [
            ("swift-run-trainer", versions.program), ("Swift", versions.swift), ("OpenBLAS", versions.openBLAS),
            ("CPU kernel type", cpuKernelType), ("ranks × threads", "\(ranks) × \(threads)"),
        ]
        return rows + (memory.map { [("memory for stamps", $0)] } ?? [])
    }
}
