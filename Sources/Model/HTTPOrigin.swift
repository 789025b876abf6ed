/// Where machines reach the box over plain HTTP, such as `http://192.168.1.5` or `http://192.168.1.5:8080`.
public enum HTTPOrigin {
    public static func text(_ host: some CustomStringConvertible, port: UInt16) -> String {
        "http://\(host)" + (port == 80 ? "" : ":\(port)")
    }
}
