/// Works on items, a stated number of them at once.
///
/// - Returns: The results in the order of the items.
/// - Throws: The error that came first; what is still running is cancelled and waited for.
func concurrently<Item: Sendable, Value: Sendable>(
  _ items: [Item], width: Int,
  _ work: @escaping @Sendable (Item) async throws(DrillError) -> Value
) async throws(DrillError) -> [Value] {
  if items.count == 1 { return [try await work(items[0])] }
  var values = [Value?](repeating: nil, count: items.count)
  var failure: DrillError?
  await withTaskGroup(of: (Int, Result<Value, DrillError>).self) { group in
    var next = 0
    func start() {
      guard next < items.count, failure == nil else { return }
      let index = next
      next += 1
      group.addTask {
        do throws(DrillError) {
          return (index, .success(try await work(items[index])))
        } catch {
          return (index, .failure(error))
        }
      }
    }
    for _ in 0..<width { start() }
    while let (index, result) = await group.next() {
      switch result {
      case .success(let value):
        values[index] = value
        start()
      case .failure(let error):
        // What fails after it may have failed by being cancelled.
        if failure == nil { failure = error }
        group.cancelAll()
      }
    }
  }
  if let failure { throw failure }
  return values.compactMap(\.self)
}
