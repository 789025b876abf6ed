import Foundation
import Seeded
import Testing

@testable import Power

@Suite(.timeLimit(.minutes(5))) struct RedfishResourcesTests {
    private func system(_ text: String) throws -> ComputerSystem {
        try JSONDecoder().decode(ComputerSystem.self, from: Data(text.utf8))
    }

    @Test func `a part that is malformed is as good as missing`() throws {
        let odd = try system(
            """
            {"UUID":7,"SerialNumber":[],"PowerState":null,"Boot":{"BootSourceOverrideTarget":{},
             "BootSourceOverrideMode":"UEFI","BootSourceOverrideTarget@Redfish.AllowableValues":"Pxe"},
             "Actions":{"#ComputerSystem.Reset":{"title":"no target"}},"@Redfish.Settings":true,"EthernetInterfaces":{}}
            """)
        #expect((odd.uuid, odd.serials, odd.state) == (nil, [], .unknown))
        #expect((odd.boot?.target, odd.boot?.mode, odd.boot?.targets) == (nil, "UEFI", nil))
        #expect(odd.reset == nil && odd.settings == nil && odd.ports == nil)
    }

    @Test func `no answer of a controller, whatever is wrong with it, ends the program`() {
        let fixtures = Controller.Make.all.flatMap(\.resources.values).sorted().map { Array($0.utf8) }
        for fixture in fixtures {
            for count in fixture.indices { take(Array(fixture.prefix(count))) }
        }
        var random = Seeded(state: 5)
        for _ in 0..<mutations {
            var bytes = fixtures.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                guard let place = bytes.indices.randomElement(using: &random) else { continue }
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            take(bytes)
        }
    }

    /// Reads it as everything that it might be.
    private func take(_ bytes: [UInt8]) {
        let (decoder, data) = (JSONDecoder(), Data(bytes))
        _ = try? decoder.decode(ServiceRoot.self, from: data)
        _ = try? decoder.decode(LinkList.self, from: data)
        _ = try? decoder.decode(ComputerSystem.self, from: data)
        _ = try? decoder.decode(ActionInfo.self, from: data)
        _ = try? decoder.decode(EthernetPort.self, from: data)
        _ = RedfishError.words(in: bytes)
    }

    static let refusals = [
        (#"{"error":{"message":"See below.","@Message.ExtendedInfo":[{"MessageId":"a","Message":"No."}]}}"#, "No"),
        (
            #"{"error":{"@Message.ExtendedInfo":[{"MessageId":"iLO.2.14.UnsupportedOperation"}]}}"#,
            "iLO.2.14.UnsupportedOperation"
        ),
        (#"{"error":{"message":"Only this.","@Message.ExtendedInfo":null}}"#, "Only this"),
        (#"{"error":"none"}"#, nil), ("<html>", nil), ("", nil),
    ]

    @Test(arguments: refusals)
    func `a refusal says what it says at its most exact`(body: String, words: String?) {
        #expect(RedfishError.words(in: Array(body.utf8)) == words)
    }
}
