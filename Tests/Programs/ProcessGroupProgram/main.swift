// Run by CommunicationTests under mpirun, in one of these modes:
//   operations checks every operation of the group long-messages checks messages that need several MPI calls reduce F N
//   M P L B… prints a digest of P parameters summed over M microbatches with L lanes a rank, in buckets of B…
//                      parameters from the last one on, and one of what is left; values are float32 (F = 32) or bfloat16
//                      (16), and N ranks are taken for those of a node
//   parts N            checks every operation in parts of N ranks, which work for different times, and behind them in all
//   stop-in-part N S R rank R stops in its part of N ranks while the others of it wait, at most S seconds
//   fail-in-part N R   the part of rank R agrees on a fault while the other parts work for ever
//   agree R…           ranks R… fail, and all agree on it
//   fail R…            ranks R… fail while the others wait for them
//   usage              every rank meets the same fault, without agreeing
//   hang               rank 0 waits for the others for ever
//   exit R / kill R    rank R leaves without a word
//   stop S R…          ranks R… stop (SIGSTOP) while the others wait for them, at most S seconds
//   stop-last S R…     the same when all has been done
//   late S R           rank R comes late by half of S seconds, the most that the others wait, and then again
import Communication
import Faults
import Foundation

let arguments = Array(CommandLine.arguments.dropFirst())
let numbers = arguments.dropFirst().map { Int($0)! }

func fault(of rank: Int) -> Fault {
    Fault(.badData, "stamps-\(rank).npy", "holds no stamps", remedy: "give another file")
}

func perform(_ group: any ProcessGroup) throws {
    let isChosen = numbers.contains(group.rank)
    switch arguments.first {
    case "operations":
        try checkEveryOperation(group)
        try group.agree { try check(group is SingleProcess == (group.size == 1 && !isLaunched), "MPI when launched") }
    case "reduce":
        let digest = try reducedDigest(
            try RankLevels(group, ranksPerNode: numbers[1]), group, microbatches: numbers[2],
            parameterCount: numbers[3], laneCount: numbers[4], bucketSizes: Array(numbers.dropFirst(5)),
            format: numbers[0] == 16 ? .bfloat16 : .float32)
        let digests = try group.allGather(Array(String(digest).utf8))
        try check(Set(digests).count == 1, "all ranks hold the same bits")
        if group.rank == 0 { print(digest) }
    case "parts":
        try group.limitWaits(to: 2)
        for _ in 0..<2 {
            let first = group.rank / numbers[0] * numbers[0]
            let place = try group.inParts(of: numbers[0]) { part in
                try checkEveryOperation(part)
                try check(part.size == numbers[0] && part.rank == group.rank - first, "places in a part")
                // Longer than ranks of one part may wait for each other.
                if first == 0 { usleep(3_000_000) }
                return try part.maximum(of: first + part.rank)
            }
            try check(place == first + numbers[0] - 1, "the largest number of a part")
            try checkEveryOperation(group)
        }
    case "stop-in-part":
        try group.limitWaits(to: numbers[1])
        try group.inParts(of: numbers[0]) { part in
            if group.rank == numbers[2] { kill(getpid(), SIGSTOP) }
            // The other parts are at work, and are not taken for stalled.
            if group.rank / numbers[0] != numbers[2] / numbers[0] { sleep(100) }
            try part.barrier()
        }
    case "fail-in-part":
        try group.inParts(of: numbers[0]) { part in
            if group.rank / numbers[0] != numbers[1] / numbers[0] { sleep(100) }
            try part.agree { if group.rank == numbers[1] { throw fault(of: group.rank) } }
        }
    case "agree":
        try group.agree { if isChosen { throw fault(of: group.rank) } }
    case "fail":
        if isChosen { throw fault(of: group.rank) }
        try group.barrier()
    case "usage":
        throw Fault(.usage, "--epochs", "-1 is not a number of epochs", remedy: "give 0 or more")
    case "hang":
        while group.rank == 0 { sleep(1) }
        try group.barrier()
    case "exit":
        if isChosen { exit(3) }
        try group.barrier()
    case "kill":
        if isChosen { kill(getpid(), SIGKILL) }
        try group.barrier()
    case "stop":
        try group.limitWaits(to: numbers[0])
        if numbers.dropFirst().contains(group.rank) { kill(getpid(), SIGSTOP) }
        try group.barrier()
    case "stop-last":
        try group.limitWaits(to: numbers[0])
        if numbers.dropFirst().contains(group.rank) { kill(getpid(), SIGSTOP) }
    case "late":
        try group.limitWaits(to: numbers[0])
        for _ in 0..<2 {
            if numbers[1] == group.rank { usleep(UInt32(numbers[0]) * 500_000) }
            try checkEveryOperation(group)
        }
    default:
        throw Fault(.usage, "mode", "\(arguments) is none", remedy: "see main.swift")
    }
}

let environment = ProcessInfo.processInfo.environment
let isLaunched = Launcher(environment: environment) != nil

if arguments.first == "long-messages" {
    let group = try ProcessGroups.start(environment: environment, largestMessage: 64)
    try checkLongMessages(group)
    try group.finish()
} else {
    exit(ProcessGroups.run(environment: environment, perform))
}
