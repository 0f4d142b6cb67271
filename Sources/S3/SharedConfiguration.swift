internal import Foundation

/// The profiles in `~/.aws/config` and `~/.aws/credentials`.
///
/// Source: “Configuration and credential file settings” in the AWS CLI user guide.
struct SharedConfiguration: Sendable {
  /// Settings by profile; names of settings in lower case.
  private(set) var profiles: [String: [String: String]] = [:]
  /// The files that were looked for.
  let files: [String]

  /// Reads both files; one that is not there is empty. What the credentials file says wins.
  init(environment: [String: String]) throws(CredentialError) {
    let home = environment["HOME"] ?? ""
    let config = Self.expand(environment["AWS_CONFIG_FILE"] ?? "~/.aws/config", home)
    let credentials = Self.expand(
      environment["AWS_SHARED_CREDENTIALS_FILE"] ?? "~/.aws/credentials", home)
    files = [config, credentials]
    try add(config, isConfig: true)
    try add(credentials, isConfig: false)
  }

  private mutating func add(_ file: String, isConfig: Bool) throws(CredentialError) {
    guard FileManager.default.fileExists(atPath: file) else { return }
    let text: String
    do {
      text = try String(contentsOfFile: file, encoding: .utf8)
    } catch {
      throw .unreadable(file: file, reason: "it can't be read as text")
    }
    var profile: String?
    for line in text.split(whereSeparator: \.isNewline) {
      let content = line.trimmingCharacters(in: .whitespaces)
      if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
      if content.hasPrefix("["), let end = content.firstIndex(of: "]") {
        profile = Self.profile(
          content[content.index(after: content.startIndex)..<end], isConfig: isConfig)
        if let profile, profiles[profile] == nil { profiles[profile] = [:] }
        continue
      }
      // An indented line belongs to a nested setting, such as “s3 =”; none of those is ours.
      guard let profile, line.first?.isWhitespace == false,
        let equals = content.firstIndex(of: "=")
      else { continue }
      let name = content[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
      let value = content[content.index(after: equals)...].trimmingCharacters(in: .whitespaces)
      profiles[profile]?[name] = value
    }
  }

  /// The profile that a section is about: `[profile name]` in one file, `[name]` in the other.
  private static func profile(_ section: Substring, isConfig: Bool) -> String? {
    let words = section.split(whereSeparator: \.isWhitespace)
    if !isConfig { return section.trimmingCharacters(in: .whitespaces) }
    if words == ["default"] { return "default" }
    guard words.first == "profile", words.count > 1 else { return nil }
    return words.dropFirst().joined(separator: " ").trimmingCharacters(in: ["\"", "'"])
  }

  private static func expand(_ path: String, _ home: String) -> String {
    path.hasPrefix("~/") ? home + path.dropFirst() : path
  }
}
