import Model

/// What to put into a router, so that it names the boot server itself: for firmware that ignores one beside it.
public struct RouterOptions: Equatable, Sendable {
    public let router: String
    public let name: String
    public let text: String

    /// `server` is the box's address; `port` that of its HTTP.
    public static func all(server: String, port: UInt16) -> [RouterOptions] {
        let url = HTTPOrigin.text(server, port: port)
        return [
            unifi(server), opnsense(server, url), pfsense(server, url), mikrotik(server), fritzbox,
            dnsmasq(server, url),
        ]
    }

    private static func unifi(_ server: String) -> RouterOptions {
        RouterOptions(
            router: "unifi", name: "UniFi",
            text: """
                Settings > Networks > the network of your hosts > DHCP > Network Boot:
                  server      \(server)
                  filename    snponly.efi
                UniFi knows one file for all machines: snponly.efi starts 64-bit UEFI machines, undionly.kpxe those
                with a BIOS. Choose the one that most of yours need.
                """)
    }

    private static func opnsense(_ server: String, _ url: String) -> RouterOptions {
        RouterOptions(
            router: "opnsense", name: "OPNsense",
            text: """
                With ISC DHCP, Services > ISC DHCPv4 > the interface > Network booting > Advanced:
                  Enable network booting        yes
                  Set next-server IP            \(server)
                  Set default bios filename     undionly.kpxe
                  Set x64 UEFI (EBC/32-64)      snponly.efi
                  Set ARM64 UEFI                ipxe-arm64.efi
                  UEFI HTTPBoot URL             \(url)/netboot/snponly.efi
                With Dnsmasq, Services > Dnsmasq DNS & DHCP > DHCP options / tags: what is shown for dnsmasq.
                With Kea, Services > Kea DHCPv4 > Subnets > the subnet:
                  TFTP server (66)              \(server)
                  Bootfile (67)                 snponly.efi   (undionly.kpxe for machines with a BIOS)
                  Next server                   \(server)
                """)
    }

    private static func pfsense(_ server: String, _ url: String) -> RouterOptions {
        RouterOptions(
            router: "pfsense", name: "pfSense",
            text: """
                Services > DHCP Server > the interface > Network Booting:
                  Enable                        yes
                  Next Server                   \(server)
                  Default BIOS File Name        undionly.kpxe
                  UEFI 32 bit File Name         (empty: there is none)
                  UEFI 64 bit File Name         snponly.efi
                  ARM 64 bit File Name          ipxe-arm64.efi
                  UEFI HTTPBoot URL             \(url)/netboot/snponly.efi
                """)
    }

    private static func mikrotik(_ server: String) -> RouterOptions {
        RouterOptions(
            router: "mikrotik", name: "MikroTik RouterOS 7",
            text: """
                In the terminal, with the address of your own network in the last two lines:
                  /ip dhcp-server option
                  add name=sprout-server code=66 value="s'\(server)'"
                  add name=sprout-uefi   code=67 value="s'snponly.efi'"
                  add name=sprout-bios   code=67 value="s'undionly.kpxe'"
                  /ip dhcp-server option sets
                  add name=sprout-uefi options=sprout-server,sprout-uefi
                  add name=sprout-bios options=sprout-server,sprout-bios
                  /ip dhcp-server matcher
                  add name=sprout-uefi server=dhcp1 code=93 value=0x0007 option-set=sprout-uefi
                  add name=sprout-bios server=dhcp1 code=93 value=0x0000 option-set=sprout-bios
                  /ip dhcp-server network
                  set [find address=192.168.88.0/24] next-server=\(server)
                """)
    }

    private static let fritzbox = RouterOptions(
        router: "fritzbox", name: "FRITZ!Box",
        text: """
            A FRITZ!Box cannot name a boot server: its DHCP server has no such setting. For machines whose firmware
            ignores Sprout beside it, either let another DHCP server give out the addresses (turn the FRITZ!Box's off
            under Home Network > Network > Network Settings > IPv4 Settings, and use dnsmasq, as shown for it), or
            connect them to a network of their own in which Sprout gives out the addresses: pxe.mode: server.
            """)

    private static func dnsmasq(_ server: String, _ url: String) -> RouterOptions {
        RouterOptions(
            router: "dnsmasq", name: "dnsmasq (also Pi-hole, OpenWrt)",
            text: """
                In a file in /etc/dnsmasq.d/:
                  dhcp-match=set:bios,option:client-arch,0
                  dhcp-match=set:uefi,option:client-arch,7
                  dhcp-match=set:uefi,option:client-arch,9
                  dhcp-match=set:arm64,option:client-arch,11
                  dhcp-match=set:http,option:client-arch,16
                  dhcp-match=set:ipxe,175
                  dhcp-boot=tag:bios,tag:!ipxe,undionly.kpxe,,\(server)
                  dhcp-boot=tag:uefi,tag:!ipxe,snponly.efi,,\(server)
                  dhcp-boot=tag:arm64,tag:!ipxe,ipxe-arm64.efi,,\(server)
                  dhcp-boot=tag:ipxe,"\(url)/ipxe/${net0/mac:hexhyp}",,\(server)
                  dhcp-option-force=tag:http,60,HTTPClient
                  dhcp-boot=tag:http,"\(url)/netboot/snponly.efi"
                """)
    }
}
