/// How the values of one of several series look in a drawing: told apart by colour with any colour
/// vision (Okabe and Ito), and by shape in grey print.
struct PlotMark {
  private static let colours = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000",
  ]
  /// From a value's place on, in a square of one unit. The first has no length: its round ends make
  /// it a disc.
  private static let shapes: [(steps: [(command: String, numbers: [Double])], isFilled: Bool)] = [
    ([("h", [0])], false),
    ([("m", [-0.5, -0.5]), ("h", [1]), ("v", [1]), ("h", [-1]), ("z", [])], true),
    ([("m", [0, -0.6]), ("l", [0.6, 1.1]), ("h", [-1.2]), ("z", [])], true),
    (
      [("m", [-0.5, -0.5]), ("l", [1, 1]), ("m", [0, -1]), ("l", [-1, 1])],
      false
    ),
    (
      [
        ("m", [0, -0.7]), ("l", [0.7, 0.7]), ("l", [-0.7, 0.7]), ("l", [-0.7, -0.7]), ("z", []),
      ],
      true
    ),
    ([("m", [-0.6, 0]), ("h", [1.2]), ("m", [-0.6, -0.6]), ("v", [1.2])], false),
  ]

  let colour: String
  /// Of the line between values: an attribute, or nothing.
  let dash: String
  /// What follows the move to a value's place.
  let path: String
  /// How the path is drawn: attributes.
  let style: String

  /// - Parameters:
  ///   - number: Of the series.
  ///   - size: Of a disc's diameter.
  init(_ number: Int, size: Double) {
    colour = Self.colours[number % Self.colours.count]
    dash = number / Self.colours.count % 2 == 1 ? " stroke-dasharray=\"5 3\"" : ""
    let shape = Self.shapes[number % Self.shapes.count]
    path = shape.steps.map { step in
      step.command + step.numbers.map { SVGNumber.text($0 * size) }.joined(separator: " ")
    }.joined()
    style =
      if number % Self.shapes.count == 0 {
        "fill=\"none\" stroke=\"\(colour)\" stroke-width=\"\(SVGNumber.text(size))\" "
          + "stroke-linecap=\"round\""
      } else if shape.isFilled {
        "fill=\"\(colour)\""
      } else {
        "fill=\"none\" stroke=\"\(colour)\" stroke-width=\"\(SVGNumber.text(size / 3))\""
      }
  }
}

/// Lengths in a drawing.
enum SVGNumber {
  /// To a hundredth.
  static func text(_ number: Double) -> String {
    let hundredths = Int((number * 100).rounded())
    if hundredths % 100 == 0 { return String(hundredths / 100) }
    return (Double(hundredths) / 100).description
  }
}
