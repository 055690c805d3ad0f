import Communication
import Preparation
import StampData
import StampFormats

/// The features that a training run is asked for.
package struct FeatureRequest: Sendable {
    /// On rank 0, with a row for each stamp.
    package let table: FeatureTable?
    package let normalization: FeatureNormalization
    /// What stands for missing values; nil to refuse them.
    package let fill: FeatureFill?

    package init(table: FeatureTable?, normalization: FeatureNormalization, fill: FeatureFill?) {
        (self.table, self.normalization, self.fill) = (table, normalization, fill)
    }

    /// Features as they are measured on the training set. Collective.
    ///
    /// - Parameter stamps: how many there are.
    /// - Throws: `AgreedFault` for values that are missing or cannot be measured.
    func features(stamps: Int, training: [Int], in group: any ProcessGroup) throws -> StampFeatures {
        try StampFeatures.agreed(stamps: stamps, table, in: group) { table in
            try FeaturePreparation(
                names: table.columns, values: table.values, training: training, normalization: normalization,
                fill: fill, file: table.name)
        }
    }
}

extension StampFeatures {
    /// The features of rank 0's table on all ranks: prepared there, the same bits for any number of ranks. Collective.
    ///
    /// - Parameters:
    ///   - table: on rank 0.
    ///   - preparation: what is done with its columns; called on rank 0.
    /// - Throws: `AgreedFault` for values that cannot be used.
    package static func agreed(
        stamps: Int, _ table: FeatureTable?, in group: any ProcessGroup,
        _ preparation: (FeatureTable) throws -> FeaturePreparation
    ) throws -> StampFeatures {
        let preparation = try group.shared { try preparation(table!) }
        let features = try group.agree {
            let features = StampFeatures(preparation, stamps: stamps)
            if group.rank == 0 { try features.fill(from: table!) }
            return features
        }
        try group.broadcast(
            UnsafeMutableRawBufferPointer(start: features.values.pointer, count: features.byteCount), from: 0)
        return features
    }
}
