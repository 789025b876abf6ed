import Testing

@testable import Linux

@Suite struct DefaultRouteTests {
    private let head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

    @Test func `E25 - the interfaces with a default route are found in the kernel's table`() {
        let table =
            head + "eth0\t00000000\t014DA8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
            + "eth0\t004DA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
            + "wg0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n"
            + "eth1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
            + "eth2\t00000000\t014DA8C0\t0000\t0\t0\t0\t00000000\t0\t0\t0\n"
        #expect(DefaultRoute.interfaces(in: table) == ["eth0"])
        #expect(DefaultRoute.interfaces(in: head).isEmpty && DefaultRoute.interfaces(in: "").isEmpty)
    }
}
