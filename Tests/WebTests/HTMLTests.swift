import Testing

@testable import sprout_web

@Suite struct HTMLTests {
    @Test func `text is escaped, markup is not`() {
        let hostile = "<img src=x onerror=\"alert('1')\">&"
        let html: HTML = "<p title=\"\(hostile)\">\(hostile)</p>"
        let escaped = "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;"
        #expect(html.description == "<p title=\"\(escaped)\">\(escaped)</p>")
    }

    @Test func `a piece in a piece is not escaped twice`() {
        let inner: HTML = "<b>\("a&b")</b>"
        let outer: HTML = "<p>\(inner)\([inner, inner])\(nil as HTML?)</p>"
        #expect(outer.description == "<p><b>a&amp;b</b><b>a&amp;b</b><b>a&amp;b</b></p>")
    }
}
