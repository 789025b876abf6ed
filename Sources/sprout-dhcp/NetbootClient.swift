import Model
import Wire

/// A machine that asks over DHCP for something to boot: nobody else on the network is ever answered.
struct NetbootClient: Sendable {
    let request: DHCPMessage
    let mac: MACAddress
    /// The first kind of machine it names that there is a program for, else the first.
    let architecture: Architecture
    let stage: Stage
    /// The build of iPXE that its host is to load.
    var choice = NetbootChoice.automatic

    /// How far on its way a machine is.
    enum Stage: Sendable {
        case firmware
        /// Firmware that loads its first program over HTTP.
        case firmwareWithHTTP
        case ipxe(canLoadOverHTTP: Bool)
        /// The loader of a Raspberry Pi, which runs no netboot program.
        case raspberryPi
    }

    /// Nil for whoever only wants an address: phones, installed systems, anything that names no kind of machine.
    ///
    /// Some ROMs leave out options 94 and 97, and iPXE repeats the short vendor class of our own answer.
    init?(_ message: DHCPMessage) {
        guard message.operation == .request, message.kind == .discover || message.kind == .request else { return nil }
        guard let mac = MACAddress(bytes: message.hardwareAddress.bytes) else { return nil }
        let vendorClass = message.vendorClass ?? ""
        let bootsOverHTTP = vendorClass.hasPrefix("HTTPClient")
        guard bootsOverHTTP || vendorClass.hasPrefix("PXEClient") else { return nil }
        let architectures = message.architectures
        guard let architecture = architectures.first(where: { $0.family?.program != nil }) ?? architectures.first else {
            return nil
        }
        request = message
        self.mac = mac
        self.architecture = architecture
        if let ipxe = message.ipxe {
            stage = .ipxe(canLoadOverHTTP: ipxe.canLoadOverHTTP)
        } else if message.isRaspberryPi {
            stage = .raspberryPi
        } else {
            stage = bootsOverHTTP ? .firmwareWithHTTP : .firmware
        }
    }

    var program: NetbootProgram? {
        switch (architecture.family, choice) {
        case (.bios, .ipxe): .biosWithDrivers
        case (.x64, .ipxe): .x64WithDrivers
        case (let family, _): family?.program
        }
    }
}
