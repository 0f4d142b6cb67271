import Foundation
import FuzzEntries
import Testing

/// Parsers given what nobody would write: nothing may trap. libFuzzer goes further
/// (`scripts/fuzz.sh`); these are the inputs that broke a parser once, and some thousand others.
struct FuzzTests {
  private static let rounds =
    ProcessInfo.processInfo.environment["PIXELDRILL_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 1500

  @Test(arguments: FuzzEntry.allCases)
  func `mutated inputs are read or refused`(entry: FuzzEntry) async throws {
    let seeds = try FuzzSeeds.seeds(entry)
    try #require(!seeds.isEmpty)
    for seed in seeds { await entry.run(seed) }
    var mutator = Mutator(seed: 20_201_121)
    for _ in 0..<Self.rounds { await entry.run(mutator.mutant(of: seeds)) }
  }
}
