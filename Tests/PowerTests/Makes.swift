import HTTP

// The shapes of the standard's own mock-ups (DSP2043) and of makers, written by hand: only what is read is here, and
// some of what surrounds it.
extension Controller.Make {
    static let all = [standard, dell, hpe, supermicro, ami, openBMC]

    private static func root(_ systems: String) -> String {
        """
        {"@odata.id":"/redfish/v1/","@odata.type":"#ServiceRoot.v1_15_0.ServiceRoot","RedfishVersion":"1.6.0",
         "UUID":"92384634-2938-2342-8820-489239905423","Systems":{"@odata.id":"\(systems)"},
         "Chassis":{"@odata.id":"/redfish/v1/Chassis"},
         "Links":{"Sessions":{"@odata.id":"/redfish/v1/SessionService/Sessions"}}}
        """
    }

    static func list(_ paths: String...) -> String {
        let members = paths.map { "{\"@odata.id\":\"\($0)\"}" }.joined(separator: ",")
        return "{\"Members@odata.count\":\(paths.count),\"Members\":[\(members)]}"
    }

    private static func machine(_ path: String, resets: String, boot: String = "", more: String = "") -> String {
        """
        {"@odata.id":"\(path)","@odata.type":"#ComputerSystem.v1_20_0.ComputerSystem","Id":"1","Name":"System",
         "SystemType":"Physical","AssetTag":null,"PowerState":"$POWER",\(more)
         "Boot":{"BootSourceOverrideEnabled":"$ENABLED","BootSourceOverrideTarget":"$TARGET",\(boot)
          "BootSourceOverrideMode":"$MODE","UefiTargetBootSourceOverride":null},
         "Status":{"State":"Enabled","Health":"OK"},
         "Actions":{"#ComputerSystem.Reset":{"target":"\(path)/Actions/ComputerSystem.Reset"\(resets)}}}
        """
    }

    private static func allowing(_ types: String...) -> String {
        ",\"ResetType@Redfish.AllowableValues\":[\(types.map { "\"\($0)\"" }.joined(separator: ","))]"
    }

    private init(
        _ name: String, _ path: String, systems: String = "/redfish/v1/Systems", _ machine: String,
        others: [String: String] = [:]
    ) {
        let own = ["/redfish/v1/": Self.root(systems), systems: Self.list(path), path: machine]
        self.init(
            description: name, resources: own.merging(others) { $1 }, bootPath: path,
            resetPath: "\(path)/Actions/ComputerSystem.Reset")
    }

    /// The mock-up of a rack server, with a strong tag.
    static let standard: Self = {
        let path = "/redfish/v1/Systems/437XR1138R2"
        let types = allowing("On", "ForceOff", "GracefulShutdown", "GracefulRestart", "ForceRestart", "Nmi", "ForceOn")
        var make = Self(
            "the standard's mock-up", path,
            machine(path, resets: types, more: "\"UUID\":\"38947555-7742-3448-3784-823347823834\","))
        make.tag = "\"1\""
        return make
    }()

    /// An iDRAC: its serial number is the board's, the machine's own is its SKU, and its settings have no boot override.
    static let dell: Self = {
        let path = "/redfish/v1/Systems/System.Embedded.1"
        let more = """
            "SKU":"7XKZ3P2","SerialNumber":"CNFCP0079900C5","UUID":"4c4c4544-0058-4b10-805a-b7c04f335032",
            "@Redfish.Settings":{"SettingsObject":{"@odata.id":"\(path)/Settings"},"SupportedApplyTimes":["OnReset"]},
            """
        let types = allowing(
            "On", "ForceOff", "ForceRestart", "GracefulRestart", "GracefulShutdown", "PushPowerButton", "Nmi",
            "PowerCycle")
        return Self(
            "iDRAC 9", path,
            machine(
                path, resets: types,
                boot: "\"BootSourceOverrideTarget@Redfish.AllowableValues\":[\"None\",\"Pxe\",\"Cd\",\"Hdd\"],",
                more: more),
            others: ["\(path)/Settings": "{\"@odata.id\":\"\(path)/Settings\",\"Boot\":{\"BootOrder\":[]}}"])
    }()

    /// An iLO: it redirects a path without its slash, answers 406 to Accept-Encoding, and pads its serial number.
    static let hpe: Self = {
        let path = "/redfish/v1/Systems/1/"
        var make = Self(
            "iLO 5", path, systems: "/redfish/v1/Systems/",
            machine(
                "/redfish/v1/Systems/1",
                resets: allowing("On", "ForceOff", "GracefulShutdown", "ForceRestart", "PushPowerButton"),
                more: "\"SerialNumber\":\"CZ3048XYZ1     \","))
        make.resources["/redfish/v1/Systems/"] = list("/redfish/v1/Systems/1")
        make.bootPath = "/redfish/v1/Systems/1"
        make.resetPath = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset"
        make.tag = "W/\"4B9A1E90\""
        make.quirk = { request in
            if request.headers["accept-encoding"] == "identity" { return Response(status: 406) }
            if request.method == "GET", request.path == "/redfish/v1/Systems/1" {
                return Response(status: 308, headers: ["location": "/redfish/v1/Systems/1/"])
            }
            // A weak tag is compared as if it were a strong one.
            if request.method == "PATCH", request.headers["if-match"]?.hasPrefix("W/") == true {
                return Response(status: 412)
            }
            return nil
        }
        return make
    }()

    /// An older one: it refuses to be told the mode, and keeps it by itself.
    static let supermicro: Self = {
        let path = "/redfish/v1/Systems/1"
        var make = Self(
            "Supermicro X11", path,
            machine(
                path, resets: allowing("On", "ForceOff", "GracefulShutdown", "PowerCycle", "Nmi"),
                more: "\"UUID\":null,"))
        make.quirk = { request in
            guard request.method == "PATCH", String(decoding: request.body, as: UTF8.self).contains("Mode") else {
                return nil
            }
            return .refusal("The property BootSourceOverrideMode is read only.", id: "Base.1.0.PropertyNotWritable")
        }
        return make
    }()

    /// AMI's, on boards of ASRock Rack and Lenovo: it wants If-Match but gives no tag, and has settings of its own.
    static let ami: Self = {
        let path = "/redfish/v1/Systems/Self"
        let settings = """
            {"@odata.id":"\(path)/SD","Boot":{"BootSourceOverrideEnabled":"$ENABLED",
             "BootSourceOverrideTarget":"$TARGET","BootSourceOverrideMode":"$MODE"}}
            """
        var make = Self(
            "AMI MegaRAC", path,
            machine(
                path, resets: allowing("ForceRestart", "On", "ForceOff", "GracefulShutdown"),
                more: "\"@Redfish.Settings\":{\"SettingsObject\":{\"@odata.id\":\"\(path)/SD\"}},"),
            others: ["\(path)/SD": settings])
        make.bootPath = "\(path)/SD"
        make.quirk = { request in
            guard request.method == "PATCH", request.headers["if-match"] != "*" else { return nil }
            return .refusal("If-Match is missing.", status: 428, id: "Ami.1.0.PreconditionHeaderMissing")
        }
        return make
    }()

    /// OpenBMC: what it takes is said in another resource.
    static let openBMC: Self = {
        let path = "/redfish/v1/Systems/system"
        let info = "\(path)/ResetActionInfo"
        return Self(
            "OpenBMC", path, machine(path, resets: ",\"@Redfish.ActionInfo\":\"\(info)\""),
            others: [
                info: """
                {"@odata.id":"\(info)","Parameters":[{"Name":"ResetType","DataType":"String","Required":true,
                 "AllowableValues":["On","ForceOff","ForceOn","ForceRestart","GracefulRestart","GracefulShutdown",
                 "PowerCycle","Nmi"]}]}
                """
            ])
    }()
}
