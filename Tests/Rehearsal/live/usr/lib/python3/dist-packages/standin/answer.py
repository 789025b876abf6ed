"""An answer file: what may be in it, and what is to be done by it."""

import fnmatch
import ipaddress
import pathlib
import re
import tomllib

ZONES = pathlib.Path("/usr/share/zoneinfo")
KEYBOARDS = ("de de-ch dk en-gb en-us es fi fr fr-be fr-ca fr-ch hu is it jp lt mk nl no pl pt pt-br se si tr").split()
LVM = ["hdsize", "swapsize", "maxroot", "maxvz", "minfree"]
# The keys of each table, and those that it must have; what a table of udev's properties has is its own.
TABLES = {
    "": ({"global", "network", "disk-setup", "post-installation-webhook", "first-boot"}, ["global", "network", "disk-setup"]),
    "global": ({"country", "fqdn", "keyboard", "mailto", "timezone", "root-password", "root-password-hashed", "root-ssh-keys",
                "reboot-on-error", "reboot-mode", "subscription-key"}, ["country", "fqdn", "keyboard", "mailto", "timezone"]),
    "network": ({"source", "cidr", "dns", "gateway", "filter", "interface-name-pinning"}, ["source"]),
    "disk-setup": ({"filesystem", "disk-list", "filter", "filter-match", "lvm", "zfs", "btrfs"}, ["filesystem"]),
    "post-installation-webhook": ({"url", "cert-fingerprint", "auth-token"}, ["url"]),
    "first-boot": ({"source", "ordering", "url", "cert-fingerprint"}, ["source"]),
}


class SetupError(Exception):
    """It stops before anything else is looked at, and does not know yet whether it is to start again."""


class InstallError(Exception):
    """It stops as the installation begins, before anything is written."""


def read(text):
    """The answer as tables; what is wrong with it here is a setup error."""
    try:
        answer = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"Failed parsing answer file: TOML parse error: {error}") from error
    for name, (known, needed) in TABLES.items():
        table = answer.get(name) if name else answer
        if table is None:
            continue
        for key in table:
            if key.replace("_", "-") not in known:
                raise SetupError(f"Failed parsing answer file: unknown field `{key}`, expected one of "
                                 + ", ".join(f"`{one}`" for one in sorted(known)))
        for key in list(table):
            table[key.replace("_", "-")] = table.pop(key)
        for key in needed:
            if key not in table:
                raise SetupError(f"Failed parsing answer file: missing field `{key}`")
    check_variants(answer)
    return answer


def check_variants(answer):
    choices = [
        (answer["disk-setup"], "filesystem", ["ext4"]), (answer["network"], "source", ["from-dhcp", "from-answer"]),
        (answer["global"], "keyboard", KEYBOARDS), (answer["global"], "reboot-mode", ["reboot", "power-off"]),
        (answer.get("first-boot", {}), "source", ["from-url"]),
        (answer.get("first-boot", {}), "ordering", ["before-network", "network-online", "fully-up"])]
    for table, key, known in choices:
        if key in table and table[key] not in known:
            expected = ", ".join(f"`{one}`" for one in known)
            words = "expected" if len(known) == 1 else "expected one of"
            raise SetupError(f"Failed parsing answer file: unknown variant `{table[key]}`, {words} {expected}")
    network = answer["network"]
    unwanted = {"cidr", "dns", "gateway", "filter"} & set(network)
    if network["source"] == "from-dhcp" and unwanted:
        raise SetupError(f"Failed parsing answer file: unknown field `{min(unwanted)}`, expected `interface-name-pinning`")
    if "url" not in answer.get("first-boot", {"url": ""}):
        raise SetupError("first-boot executable source set to URL, but none specified!")


def plan(answer, disks, ports, lease, default):
    """All that is to be done, or the reason why not: `disks` and `ports` as udev knows them, `lease` as DHCP told it."""
    check_global(answer["global"])
    domain = lease.get("domain-name", "")
    fqdn = full_name(answer["global"]["fqdn"], lease, domain)
    network = answer["network"]
    address = from_answer(network, ports) if network["source"] == "from-answer" else from_lease(default, ports, lease)
    pinned = pin(network.get("interface-name-pinning"), ports)
    disk = choose(answer["disk-setup"], disks)
    return {
        "fqdn": fqdn, "disk": disk["DEVNAME"], "size": int(disk["SIZE"]), **address, "pinned": pinned,
        "timezone": answer["global"]["timezone"], "password": answer["global"].get("root-password"),
        "hash": answer["global"].get("root-password-hashed"), "keys": answer["global"].get("root-ssh-keys", []),
        "mailto": answer["global"]["mailto"], "ntp": lease.get("ntp-servers"), "first_boot": "first-boot" in answer,
        "ordering": answer.get("first-boot", {}).get("ordering", "fully-up")}


def check_global(table):
    if not re.fullmatch("[a-z]{2}", table["country"]):
        raise InstallError(f"country code '{table['country']}' is not valid")
    if table["timezone"] != "UTC" and not (ZONES / table["timezone"]).is_file():
        raise InstallError(f"timezone '{table['timezone']}' is not valid")
    if not re.fullmatch(r"[^@\s]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", table["mailto"]):
        raise InstallError("Email does not look like a valid address (user@domain.tld)")
    if table["mailto"] == "mail@example.invalid":
        raise InstallError("Invalid (default) email address")
    given = [key for key in ("root-password", "root-password-hashed") if key in table]
    if len(given) == 2:
        raise InstallError("`global.root-password` and `global.root-password-hashed` cannot be set at the same time")
    if not given:
        raise InstallError("One of `global.root-password` or `global.root-password-hashed` must be set")
    if len(table.get("root-password", "x" * 8).encode()) < 8:
        raise InstallError("`global.root-password` must be at least 8 characters long")


def full_name(fqdn, lease, domain):
    if isinstance(fqdn, dict):
        if not lease.get("host-name"):
            raise InstallError("`global.fqdn.source` set to \"from-dhcp\", but DHCP server did not provide a hostname!")
        domain = fqdn.get("domain") or domain
        if not domain:
            raise InstallError("no domain received from DHCP server and `global.fqdn.domain` is unset!")
        fqdn = f"{lease['host-name']}.{domain}"
    labels = fqdn.split(".")
    label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    if len(labels) < 2 or labels[0].isdigit() or not all(re.fullmatch(label, one) for one in labels):
        raise InstallError("either a fully-qualified domain name or extendend configuration for usage with DHCP must be specified")
    return fqdn


def matches(properties, filters):
    """Any property may match; a missing one does not."""
    return any(fnmatch.fnmatchcase(str(properties.get(key, "\0")), pattern) for key, pattern in filters.items())


def from_answer(network, ports):
    for key in ("cidr", "dns", "gateway"):
        if key not in network:
            raise InstallError(f"missing field `{key}`")
    try:
        cidr = str(ipaddress.ip_interface(network["cidr"]))
        dns, gateway = str(ipaddress.ip_address(network["dns"])), str(ipaddress.ip_address(network["gateway"]))
    except ValueError as error:
        raise InstallError("invalid IP address") from error
    if not network.get("filter"):
        raise InstallError("no filter defined")
    for name in sorted(ports):
        if matches(ports[name], network["filter"]):
            return {"port": name, "cidr": cidr, "gateway": gateway, "dns": dns, "fixed": True}
    raise InstallError("filter did not match any device")


def from_lease(default, ports, lease):
    """Without a default route the real one takes an address of its own, on the first port, without a word."""
    if default is None:
        default = {"port": min(ports), "cidr": "192.168.100.2/24", "gateway": "192.168.100.1"}
    dns = lease.get("domain-name-servers", default["gateway"]).split(",")[0]
    return {**default, "dns": dns, "fixed": False}


def pin(table, ports):
    """The names that ports get for good, by what they are called now; those that nobody named are numbered."""
    if table is None:
        return {}
    mapping = {mac.lower(): name for mac, name in table.get("mapping", {}).items()}
    for mac, name in mapping.items():
        if len(name) < 2:
            raise InstallError(f"interface name for '{mac}' must be at least 2 characters long")
        if len(name) > 15:
            raise InstallError(f"interface name '{name}' for '{mac}' cannot be longer than 15 characters")
        if not re.fullmatch(r"[a-z][a-z0-9_]{1,20}([:.]\d+)?", name, re.IGNORECASE):
            raise InstallError(f"interface name '{name}' for '{mac}' is invalid: name must start with a letter and contain only"
                               " ascii characters, digits and underscores")
    pinned, number = {}, 0
    for port in sorted(ports):
        mac = mac_of(ports[port])
        if mac not in mapping:
            mapping[mac], number = f"nic{number}", number + 1
        pinned[port] = {"mac": mac, "name": mapping[mac]}
    return pinned


def mac_of(properties):
    digits = properties["ID_NET_NAME_MAC"].removeprefix("enx")
    return ":".join(digits[start:start + 2] for start in range(0, 12, 2))


def choose(table, disks):
    if "disk-list" in table and "filter" in table:
        raise InstallError("Cannot use both, 'disk-list' and 'filter'")
    if not table.get("disk-list") and not table.get("filter"):
        raise InstallError("Need either 'disk-list' or 'filter' set")
    if "zfs" in table or "btrfs" in table:
        raise InstallError("make sure only 'lvm' options are set")
    if len(table.get("disk-list", [])) > 1:
        raise InstallError("make sure to define only one disk for ext4 and xfs")
    for number in sorted(disks):
        disk = disks[number]
        if "filter" in table and matches(disk, table["filter"]):
            return disk
        # The end of the path is what counts, however short.
        if any(disk["DEVNAME"].endswith(name) for name in table.get("disk-list", [])):
            return disk
    raise InstallError("filter did not match any device(s)" if "filter" in table else "disk in 'disk-selection' not found")
