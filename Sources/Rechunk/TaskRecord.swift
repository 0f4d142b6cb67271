import ZarrWriter

/// What a task left. A task rechunks one column of one array; it is what a run that was
/// interrupted does again.
struct TaskRecord: Hashable, Sendable, Codable {
  /// All objects of the column.
  var objects: [ObjectRecord] = []
  /// Of repacked values, in their units.
  var largestError = 0.0

  static func += (left: inout TaskRecord, right: TaskRecord) {
    left.objects += right.objects
    left.largestError = max(left.largestError, right.largestError)
  }
}
