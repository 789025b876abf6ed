/// What all newly installed hosts have in common.
public struct Installation: Equatable, Sendable {
    public var country = Country.usual
    public var keyboard = KeyboardLayout.enUS
    public var timezone = Timezone.usual
    /// Where nodes send their mail; nil is root's own mailbox on each.
    public var mail: MailAddress?
    public var domain = DomainName.usual
    /// Whether an agent beside the installer tells how far it is, and takes orders.
    public var hasLiveProgress = true

    public init() {}
}
