/// A country that the installer knows, by its two letters (ISO 3166-1) in lower case.
public struct Country: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public static let usual = Country(known: "us")

    public init(_ text: String) throws(AnswerProblem) {
        let code = text.lowercased()
        guard Self.codes.contains(code[...]) else {
            let remedy = Self.slips[code].map { "you mean \($0)." } ?? "write its two letters, such as de."
            throw AnswerProblem("installation.country", text, "is no country's code: " + remedy)
        }
        self.init(known: code)
    }

    private init(known code: String) {
        description = code
    }

    /// The code that is meant by what people take for one.
    public static let slips = ["uk": "gb", "en": "gb or us", "usa": "us", "ger": "de"]

    private static let codes = Set(
        """
        ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw
        by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et fi
        fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in
        io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me
        mf mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf
        pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv
        sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws ye
        yt za zm zw
        """.split(whereSeparator: \.isWhitespace))
}
