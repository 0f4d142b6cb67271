/// Why a sample stack can't be made.
public enum SampleError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Days, rows and columns must each be at least 1.
  case emptyStack(days: Int, rows: Int, columns: Int)
  /// The granules' time is int32 seconds since 1981.
  case daysOutOfRange(first: String, last: String)
  case noVariables
  case chunkOutsideGrid(chunk: [Int], grid: [Int])
  case targetNotEmpty(path: String, example: String)
  case fileSystem(path: String, reason: String)
  /// A granule couldn't be written.
  case granule(name: String, reason: String)

  public var description: String {
    switch self {
    case .emptyStack(let days, let rows, let columns):
      "\(days) days of \(rows) × \(columns) pixels make no stack; each must be at least 1"
    case .daysOutOfRange(let first, let last):
      "\(first) to \(last) doesn't fit the granules' time, int32 seconds since 1981-01-01: "
        + "choose days from 1981-01-01 to 2049-01-18"
    case .noVariables: "no variable was asked for"
    case .chunkOutsideGrid(let chunk, let grid):
      "a chunk of \(chunk[0]) × \(chunk[1]) doesn't fit the grid of \(grid[0]) × \(grid[1])"
    case .targetNotEmpty(let path, let example):
      "\(path) isn't empty (it holds \(example)); give a new or an empty folder"
    case .fileSystem(let path, let reason): "\(path): \(reason)"
    case .granule(let name, let reason): "\(name) couldn't be written: \(reason)"
    }
  }
}
