package import CF

/// A rectangle of one time step, held until its column is complete.
struct HeldPiece {
  /// Position of the time step in the store.
  let step: Int32
  /// Where the rectangle lies in its band, in elements.
  let y: Int32
  let x: Int32
  let height: Int32
  let width: Int32
  let blob: PieceArena.Blob
  /// The piece of the same band that was held before this one; negative: none.
  fileprivate(set) var previous: Int32 = -1
}

/// The pieces that one worker holds of a column, chained by band: adding one takes no more than
/// writing it to the end of one array.
struct HeldPieces: Sendable {
  private var pieces: [HeldPiece] = []
  /// The newest piece of each band, in C order of bands.
  private var newest: [Int32]

  init(bandCount: Int) { newest = Array(repeating: -1, count: bandCount) }

  /// Bytes that the pieces and their records take.
  var byteCount: Int {
    pieces.reduce(pieces.count * MemoryLayout<HeldPiece>.stride) { $0 + Int($1.blob.byteCount) }
  }

  mutating func append(_ piece: HeldPiece, band: Int) {
    var piece = piece
    piece.previous = newest[band]
    newest[band] = Int32(pieces.count)
    pieces.append(piece)
  }

  /// Calls `body` with each piece of a band, the newest first; `ahead` with the one after it, just
  /// before.
  @inline(__always)
  func forEach(
    band: Int, ahead: (HeldPiece) -> Void, _ body: (HeldPiece) throws -> Void
  ) rethrows {
    var position = newest[band]
    guard position >= 0 else { return }
    var piece = pieces[Int(position)]
    while true {
      position = piece.previous
      guard position >= 0 else { return try body(piece) }
      let next = pieces[Int(position)]
      ahead(next)
      try body(piece)
      piece = next
    }
  }
}

/// How one granule's numbers enter a store.
package struct StepSource: Sendable {
  /// The granule's packing of this variable.
  let packing: Packing
  /// The number of its "no value"; `nil` if it has none.
  let fill: FillPattern?

  package init(packing: Packing, fill: FillPattern?) {
    self.packing = packing
    self.fill = fill
  }
}
