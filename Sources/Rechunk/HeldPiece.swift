import CF

/// A rectangle of one time step, held compressed until its column is complete.
struct HeldPiece {
  /// Position of the time step in the store.
  let step: Int32
  /// Where the rectangle lies in its band, in elements.
  let y: Int32
  let x: Int32
  let height: Int32
  let width: Int32
  let blob: PieceArena.Blob
}

/// How one granule's numbers enter a store.
struct StepSource: Sendable {
  /// The granule's packing of this variable.
  let packing: Packing
  /// The number of its "no value"; `nil` if it has none.
  let fill: FillPattern?
}
