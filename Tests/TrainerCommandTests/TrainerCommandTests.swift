import Testing

/// The program from end to end, as users run it. One test at a time: each starts several processes.
@Suite(.serialized) enum TrainerCommandTests {}
