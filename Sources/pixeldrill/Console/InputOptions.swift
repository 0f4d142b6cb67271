import ArgumentParser
import Foundation
import NetCDF
import Rechunk
import Storage

/// What commands that read granules have in common.
struct InputOptions: ParsableArguments {
  @Argument(help: "Granules: files, folders, patterns, s3://, https://.")
  var inputs: [String] = []

  @Option(help: "The time coordinate's name, where its units don't tell.")
  var time: String?
}

/// What all commands have in common.
struct LogOptions: ParsableArguments {
  @Option(name: .customLong("log"), help: "Form of notes and progress: text or json.")
  var style: Console.Style = .text

  var console: Console { Console(style: style) }
}

extension Console.Style: ExpressibleByArgument {}
