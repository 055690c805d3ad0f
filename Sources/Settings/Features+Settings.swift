import Faults
import Preparation

extension SettingOption {
    static let features = features("--features", \.features)

    /// Those of the stamps of one part.
    static func features(
        _ name: String, _ path: any KeyPath<TrainingSettings, String?> & Sendable
    ) -> [SettingOption] {
        [SettingOption(name, path, must: .name(remedy: "name a table or an array"))]
    }

    static let normalizeFeatures = [
        SettingOption(
            "--normalize-features",
            values: { $0.normalizeFeatures == .standard ? nil : [$0.normalizeFeatures.rawValue] },
            // Not asked of runs without features, nor of those that were begun before there were any.
            deciding: { $0.features == nil ? nil : $0.normalizeFeatures.rawValue },
            check: { settings in
                guard settings.features == nil, settings.normalizeFeatures != .standard else { return }
                throw standsAlone("--normalize-features \(settings.normalizeFeatures.rawValue)")
            })
    ]

    static let fillFeatures = [
        SettingOption(
            "--fill-features", values: { $0.fillFeatures.map { [$0.rawValue] } },
            deciding: { $0.fillFeatures?.rawValue },
            check: { settings in
                guard settings.features == nil, let fill = settings.fillFeatures else { return }
                throw standsAlone("--fill-features \(fill.rawValue)")
            })
    ]

    private static func standsAlone(_ option: String) -> Fault {
        Fault(
            .usage, option, "stands without --features", remedy: "name the table of features with --features")
    }
}
