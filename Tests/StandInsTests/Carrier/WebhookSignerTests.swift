import StandIns
import Testing

@Suite struct WebhookSignerTests {
    @Test("signatures are those of the vendors' own validators")
    func vectors() throws {
        var checked = 0
        for vector in try StandInJSON(parsing: Fixture.text("signatures.json")).array ?? [] {
            let scheme = vector["scheme"]?.string ?? ""
            guard let key = vector["key"]?.string, let url = vector["url"]?.string,
                let expected = vector["signature"]?.string
            else { continue }
            let signer = WebhookSigner(key: key)
            switch scheme {
            case "base64-sha1-form":
                let form = (vector["params"]?.members ?? []).flatMap { member -> [(name: String, value: String)] in
                    let values = member.value.array ?? [member.value]
                    return values.map { (member.name, $0.string ?? "") }
                }
                #expect(signer.signature(url: url, form: form) == expected, "\(vector["name"]?.string ?? "")")
                checked += 1
            case "hex-sha1-json":
                let body = try #require(vector["body"]?.string)
                #expect(signer.signature(url: url, jsonBody: body) == expected)
                checked += 1
            default: continue
            }
        }
        #expect(checked >= 5)
    }
}
