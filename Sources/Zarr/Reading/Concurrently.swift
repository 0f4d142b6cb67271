/// Works on items, a stated number of them at once, and hands over the results as they come.
///
/// - Throws: The first error; what is still running is cancelled and waited for.
func concurrently<Item: Sendable, Value: Sendable>(
  _ items: [Item], width: Int,
  _ work: @Sendable (Item) async throws(ZarrError) -> Value,
  receive: (Value) -> Void
) async throws(ZarrError) {
  precondition(width >= 1, "nothing would run")
  if items.count == 1 {
    receive(try await work(items[0]))
    return
  }
  let failure = await withoutActuallyEscaping(work) { work in
    await withTaskGroup(
      of: Result<Value, ZarrError>.self, returning: ZarrError?.self
    ) { group in
      var next = 0
      func start() {
        guard next < items.count else { return }
        let item = items[next]
        next += 1
        group.addTask {
          do throws(ZarrError) { return .success(try await work(item)) } catch {
            return .failure(error)
          }
        }
      }
      for _ in 0..<width { start() }
      while let result = await group.next() {
        switch result {
        case .success(let value):
          receive(value)
          start()
        case .failure(let error):
          group.cancelAll()
          return error
        }
      }
      return nil
    }
  }
  if let failure { throw failure }
}
