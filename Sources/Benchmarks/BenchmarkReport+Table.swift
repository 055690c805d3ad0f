import Files

extension BenchmarkReport {
    /// The report for people: a table of the networks, then, if requested, one of each network's layers.
    public var table: String {
        var table = TextTable([
            "model", "parameters", "batch", "samples/s", "GFLOP/s", "of peak", "waiting", "messages", "memory",
            "inference/s", "of peak", "all-reduce",
        ])
        for network in networks {
            table.append([
                network.model, FormattedNumber.grouped(network.parameters), "\(network.batchSize)",
                FormattedNumber.fixed(network.training.samplesPerSecond, 0),
                FormattedNumber.fixed(network.training.gflops, 1), percent(network.training.peakShare),
                percent(network.shares.waiting), percent(network.shares.messages),
                "\(network.peakResidentBytes >> 20) MiB",
                FormattedNumber.fixed(network.inference.samplesPerSecond, 0), percent(network.inference.peakShare),
                network.allReduce?.text ?? "-",
            ])
        }
        let head =
            "\(FormattedNumber.counted(ranks, "rank")) × \(FormattedNumber.counted(threads, "thread")), "
            + "\(cpuKernelType): measured peak \(FormattedNumber.fixed(peakGflops, 1)) GFLOP/s"
        let loaded = loading.map {
            [
                "",
                "loading: \($0.stamps) stamps at \(FormattedNumber.fixed($0.stampsPerSecond, 0)) a second, "
                    + "at best \(FormattedNumber.fixed($0.bestStampsPerSecond, 0))",
            ]
        }
        let singles = (shapes.map { [$0.table, ""] } ?? []) + (streams.map { [$0.table, ""] } ?? [])
        return
            ([head, ""] + singles + (networks.isEmpty ? [] : [table.text]) + (loaded ?? [])
            + networks.compactMap(\.breakdown)
            + networks.compactMap { $0.scaling?.text($0) }).joined(separator: "\n")
            + "\n"
    }
}

extension AllReduceReport {
    fileprivate var text: String {
        "\(FormattedNumber.fixed(seconds * 1e3, 3)) ms, \(FormattedNumber.fixed(gigabytesPerSecond, 2)) GB/s"
    }
}

extension NetworkReport {
    /// Where the time goes, by kind of layer and by layer; nil unless it was asked for.
    fileprivate var breakdown: String? {
        guard let layers, let layerKinds, let otherActivities else { return nil }
        let columns = ["forward", "backward", "of time", "GFLOP/s", "best", "of peak", "lost"]
        var kinds = TextTable(["kind of layer"] + columns)
        for part in layerKinds + otherActivities { kinds.append([part.name] + part.cells) }
        var all = TextTable(["layer", "kind"] + columns)
        for part in layers { all.append([part.name, part.kind] + part.cells) }
        var lines = [
            "",
            "\(model), batch \(batchSize), microbatch \(microbatch): lane time for one stamp; `lost` is the time beyond "
                + "what the work takes at the measured peak",
            "", kinds.text, "", all.text,
        ]
        if let worst = layers.max(by: { $0.lostShare < $1.lostShare }), let kind = layerKinds.first {
            lines += [
                "",
                "largest gap: \(kind.name) layers (\(percent(kind.lostShare)) of the time), "
                    + "of single layers \(worst.name) (\(percent(worst.lostShare)))",
            ]
        }
        return lines.joined(separator: "\n")
    }
}

extension PartReport {
    fileprivate var cells: [String] {
        [
            "\(FormattedNumber.fixed(forwardNanoseconds * 1e-3, 3)) µs",
            "\(FormattedNumber.fixed(backwardNanoseconds * 1e-3, 3)) µs", percent(share),
            flopPerSample > 0 ? FormattedNumber.fixed(gflops, 1) : "-",
            flopPerSample > 0 ? FormattedNumber.fixed(bestGflops, 1) : "-",
            flopPerSample > 0 ? percent(peakShare) : "-",
            percent(lostShare),
        ]
    }
}

func percent(_ share: Double) -> String { "\(FormattedNumber.fixed(100 * share, 1)) %" }

/// Rows of text in columns as wide as their widest cell, the first one left-aligned.
struct TextTable {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header] }

    mutating func append(_ row: [String]) { rows.append(row) }

    var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                FormattedNumber.padded(cell.0, to: column == 0 ? cell.1 : -cell.1)
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
