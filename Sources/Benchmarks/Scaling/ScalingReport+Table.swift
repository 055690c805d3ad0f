import Files

extension ScalingReport {
    /// The report for people.
    func text(_ network: NetworkReport) -> String {
        var lines = [
            "",
            "\(network.model), scaling from \(FormattedNumber.counted(ranksPerNode, "rank")) a node: "
                + "\(milliseconds(secondsPerStep)) a step and \(milliseconds(secondsPerMicrobatch)) for each microbatch "
                + "of \(network.microbatch) in a thread",
        ]
        if let node { lines.append("within a node:  \(node.text)") }
        if let network = self.network { lines.append("between nodes:  \(network.text)") }
        if let overlap { lines.append("messages while threads compute: \(percent(overlap)) of their time is hidden") }
        lines.append(
            "this job: \(FormattedNumber.fixed(check.predictedSamplesPerSecond, 0)) samples/s predicted, "
                + "\(FormattedNumber.fixed(check.measuredSamplesPerSecond, 0)) measured at best "
                + "(\(check.error < 0 ? "−" : "+")\(percent(abs(check.error))))")
        lines += ["", table, ""]
        if self.network == nil {
            lines.append(
                "The link between nodes is not known: run under mpirun on two nodes, or give --link 25,2 (Gbit/s, µs).")
        }
        lines.append(
            "same batch: of \(network.batchSize) on any number of ranks; growing batch: as much for each rank; `waits`: share "
                + "of a step spent on messages only; 90 % from: the smallest batch of which each rank does its part at "
                + "90 % of its speed alone")
        return lines.joined(separator: "\n")
    }

    private var table: String {
        var table = TextTable([
            "ranks", "same batch", "efficiency", "waits", "growing batch", "efficiency", "waits", "90 % from",
            "sent a step", "messages",
        ])
        for forecast in forecasts {
            let (strong, weak) = (forecast.strong, forecast.weak)
            table.append([
                "\(forecast.ranks)", "\(FormattedNumber.fixed(strong.samplesPerSecond, 0))/s",
                percent(strong.efficiency), percent(strong.communication),
                "\(FormattedNumber.fixed(weak.samplesPerSecond, 0))/s", percent(weak.efficiency),
                percent(weak.communication), forecast.batchFor90Percent.map { "\($0)" } ?? "-",
                "\(FormattedNumber.fixed(Double(forecast.bytesPerStep) * 1e-6, 3)) MB", "\(forecast.messagesPerStep)",
            ])
        }
        return table.text
    }
}

private func milliseconds(_ seconds: Double) -> String { "\(FormattedNumber.fixed(seconds * 1e3, 3)) ms" }

extension ScalingReport.Link {
    fileprivate var text: String {
        "\(FormattedNumber.fixed(latency * 1e6, 1)) µs a message, "
            + "\(FormattedNumber.fixed(bytesPerSecond * 8e-9, 3)) Gbit/s a rank"
    }
}
