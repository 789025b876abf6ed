import Control
import HTTP
import Model
import Testing

@Suite struct LeaseLinesTests {
    @Test func `what is written is what was told`() throws {
        let leases = [
            Lease(
                address: "10.0.0.11", mac: try MACAddress("52:54:00:00:00:01"),
                until: Timestamp(milliseconds: 1_795_200_000_000)),
            Lease(address: "10.0.0.12", mac: nil, until: Timestamp(milliseconds: 0)),
        ]
        #expect(try LeaseLines.decode(LeaseLines.encode(leases)) == leases)
        #expect(try LeaseLines.decode([]).isEmpty)
    }

    @Test(arguments: ["x", "10.0.0.1 1", "10.0.0.1 x 1", "10.0.0.1 1 x", "10.0.0.1 1099511627776 1", "a 1 1 1"])
    func `what is no lease is refused`(text: String) {
        #expect(throws: Problem.self) { try LeaseLines.decode(Array(text.utf8)) }
    }
}
