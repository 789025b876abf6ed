import Model
import Testing

@testable import Cluster

@Suite struct GuestListingTests {
    @Test func `each file is told with its own lines, and no hash of a password`() {
        let listing = """
            \tqemu-server/100.conf
            #the router's DNS
            name: web
            cipassword: $5$canary
            scsi0: local-zfs:vm-100-disk-0,size=32G

            [before-update]
            cipassword: $5$canary

            \tlxc/101.conf
            hostname: dns
            """
        let files = GuestListing.files(listing)
        #expect(files.map(\.path) == ["qemu-server/100.conf", "lxc/101.conf"])
        #expect(
            files.map(\.text) == [
                """
                #the router's DNS
                name: web
                cipassword: …
                scsi0: local-zfs:vm-100-disk-0,size=32G
                [before-update]
                cipassword: …

                """, "hostname: dns\n",
            ])
    }

    @Test func `no files are no guests`() {
        #expect(GuestListing.files("") == [])
        #expect(GuestListing.files("what precedes the first file\n") == [])
    }
}
