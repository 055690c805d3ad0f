import Faults
import Preparation

extension SettingOption {
    static let channels = [SettingOption("--channels", \.preparation.channels, decidesResult: true)]
    static let fill = [SettingOption("--fill", \.preparation.fill, decidesResult: true)]
    static let crop = [SettingOption("--crop", \.preparation.crop, decidesResult: true)]
    static let pad = [SettingOption("--pad", \.preparation.pad, decidesResult: true)]

    static let maskChannel = [
        SettingOption(
            "--mask-channel", values: { $0.preparation.maskChannel ? [] : nil },
            deciding: { $0.preparation.maskChannel ? "true" : nil },
            check: {
                guard $0.preparation.maskChannel, $0.preparation.fill == nil else { return }
                throw Fault(
                    .usage, "--mask-channel", "tells which pixels were filled, and none are",
                    remedy: "add --fill zero, median or minimum, or leave it out")
            })
    ]
}
