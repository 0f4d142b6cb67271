import Testing

@testable import S3

/// AWS's Signature Version 4 test suite (`aws-sig-v4-test-suite`, as in awslabs/aws-c-auth), but for
/// its cases about the normalisation of paths, which S3 has none of; and the examples in the S3 API
/// reference, “Signature Calculations for the Authorization Header”.
struct SignatureV4Tests {
  struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    var method = "GET"
    var path = "/"
    var query: [(String, String)] = []
    var headers: [(String, String)] = []
    var body = ""
    let signedHeaders: String
    /// SHA-256 of the canonical request, the last line of the string to sign.
    let canonicalHash: String
    let signature: String

    var testDescription: String { name }
  }

  private static let unreserved =
    "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

  static let suite: [Vector] = [
    Vector(
      name: "get-vanilla", signedHeaders: "host;x-amz-date",
      canonicalHash: "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    Vector(
      name: "get-vanilla-query-order-key-case",
      query: [("Param2", "value2"), ("Param1", "value1")],
      signedHeaders: "host;x-amz-date",
      canonicalHash: "816cd5b414d056048ba4f7c5386d6e0533120fb1fcfa93762cf0fc39e2cf19e0",
      signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    Vector(
      name: "get-vanilla-query-unreserved", query: [(unreserved, unreserved)],
      signedHeaders: "host;x-amz-date",
      canonicalHash: "c30d4703d9f799439be92736156d47ccfb2d879ddf56f5befa6d1d6aab979177",
      signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
    Vector(
      name: "get-vanilla-empty-query-key", query: [("Param1", "value1")],
      signedHeaders: "host;x-amz-date",
      canonicalHash: "1e24db194ed7d0eec2de28d7369675a243488e08526e8c1c73571282f7c517ab",
      signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
    Vector(
      name: "get-vanilla-utf8-query", query: [("ሴ", "bar")], signedHeaders: "host;x-amz-date",
      canonicalHash: "eb30c5bed55734080471a834cc727ae56beb50e5f39d1bff6d0d38cb192a7073",
      signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
    Vector(
      name: "get-unreserved", path: "/" + unreserved, signedHeaders: "host;x-amz-date",
      canonicalHash: "6a968768eefaa713e2a6b16b589a8ea192661f098f37349f4e2c0082757446f9",
      signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
    Vector(
      name: "get-utf8", path: "/ሴ", signedHeaders: "host;x-amz-date",
      canonicalHash: "2a0a97d02205e45ce2e994789806b19270cfbbb0921b278ccf58f5249ac42102",
      signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    Vector(
      name: "get-header-value-trim",
      headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
      signedHeaders: "host;my-header1;my-header2;x-amz-date",
      canonicalHash: "a726db9b0df21c14f559d0a978e563112acb1b9e05476f0a6a1c7d68f28605c7",
      signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
    Vector(
      name: "get-header-key-duplicate",
      headers: [("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
      signedHeaders: "host;my-header1;x-amz-date",
      canonicalHash: "dc7f04a3abfde8d472b0ab1a418b741b7c67174dad1551b4117b15527fbe966c",
      signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
    Vector(
      name: "post-vanilla", method: "POST", signedHeaders: "host;x-amz-date",
      canonicalHash: "553f88c9e4d10fc9e109e2aeb65f030801b70c2f6468faca261d401ae622fc87",
      signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    Vector(
      name: "post-vanilla-query", method: "POST", query: [("Param1", "value1")],
      signedHeaders: "host;x-amz-date",
      canonicalHash: "9d659678c1756bb3113e2ce898845a0a79dbbc57b740555917687f1b3340fbbd",
      signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
    Vector(
      name: "post-x-www-form-urlencoded", method: "POST",
      headers: [
        ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", "13"),
      ],
      body: "Param1=value1", signedHeaders: "content-length;content-type;host;x-amz-date",
      canonicalHash: "a1a6cdc48a69eabac00524b1103e18f2655960c25a3c2e8de6f180e59238c68a",
      signature: "fec50118d90ecf934441dd37fb9a49bd7f5adb6450802ca3a0977623bbb7c27f"),
    Vector(
      name: "post-x-www-form-urlencoded-parameters", method: "POST",
      headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf8")],
      body: "Param1=value1", signedHeaders: "content-type;host;x-amz-date",
      canonicalHash: "2e1cf7ed91881a30569e46552437e4156c823447bf1781b921b5d486c568dd1c",
      signature: "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"),
  ]

  static let s3Examples: [Vector] = [
    Vector(
      name: "GET Object", path: "/test.txt", headers: [("Range", "bytes=0-9")],
      signedHeaders: "host;range;x-amz-content-sha256;x-amz-date",
      canonicalHash: "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
      signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    Vector(
      name: "PUT Object", method: "PUT", path: "/test$file.text",
      headers: [
        ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
      ],
      body: "Welcome to Amazon S3.",
      signedHeaders: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
      canonicalHash: "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
      signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    Vector(
      name: "GET Bucket Lifecycle", query: [("lifecycle", "")],
      signedHeaders: "host;x-amz-content-sha256;x-amz-date",
      canonicalHash: "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
      signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    Vector(
      name: "GET Bucket (List Objects)", query: [("max-keys", "2"), ("prefix", "J")],
      signedHeaders: "host;x-amz-content-sha256;x-amz-date",
      canonicalHash: "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7",
      signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
  ]

  private func check(
    _ vector: Vector, timestamp: String, host: String, service: String, credentials: Credentials,
    more: [(String, String)]
  ) {
    let payloadHash = SignatureV4.sha256(Array(vector.body.utf8))
    let headers = [("Host", host), ("X-Amz-Date", timestamp)] + vector.headers + more
    let input = SignatureV4.Input(
      method: vector.method, path: vector.path, query: vector.query.map { (name: $0, value: $1) },
      headers: headers.map { (name: $0, value: $1) }, payloadHash: payloadHash)
    let signature = SignatureV4(region: "us-east-1", service: service)
    let day = String(timestamp.prefix(8))
    let scope = "\(day)/us-east-1/\(service)/aws4_request"

    let text = signature.stringToSign(
      canonicalRequest: SignatureV4.canonical(input).request, timestamp: timestamp)
    #expect(text == "AWS4-HMAC-SHA256\n\(timestamp)\n\(scope)\n\(vector.canonicalHash)")
    let key = SigningKey(credentials, day: day, region: "us-east-1", service: service)
    #expect(
      signature.authorization(input, timestamp: timestamp, key: key)
        == "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), "
        + "SignedHeaders=\(vector.signedHeaders), Signature=\(vector.signature)")
  }

  @Test(arguments: suite)
  func `requests of AWS's test suite are signed as it says`(vector: Vector) {
    check(
      vector, timestamp: "20150830T123600Z", host: "example.amazonaws.com", service: "service",
      credentials: Credentials(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
      more: [])
  }

  @Test(arguments: s3Examples)
  func `the examples in the S3 reference are signed as it says`(vector: Vector) {
    check(
      vector, timestamp: "20130524T000000Z", host: "examplebucket.s3.amazonaws.com", service: "s3",
      credentials: Credentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE",
        secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
      more: [("x-amz-content-sha256", SignatureV4.sha256(Array(vector.body.utf8)))])
  }

  @Test func `a canonical request has the documented form`() {
    let input = SignatureV4.Input(
      method: "GET", path: "/test.txt", query: [],
      headers: [
        ("host", "examplebucket.s3.amazonaws.com"), ("range", "bytes=0-9"),
        ("x-amz-content-sha256", SignatureV4.sha256([])), ("x-amz-date", "20130524T000000Z"),
      ], payloadHash: SignatureV4.sha256([]))
    #expect(
      SignatureV4.canonical(input).request == """
        GET
        /test.txt

        host:examplebucket.s3.amazonaws.com
        range:bytes=0-9
        x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        x-amz-date:20130524T000000Z

        host;range;x-amz-content-sha256;x-amz-date
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        """)
  }

  @Test func `a time is written in UTC`() {
    #expect(SignatureV4.timestamp(secondsSince1970: 1_440_938_160) == "20150830T123600Z")
    #expect(SignatureV4.timestamp(secondsSince1970: 0) == "19700101T000000Z")
  }
}
