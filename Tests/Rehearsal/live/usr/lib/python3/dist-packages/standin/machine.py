"""What this machine is, as the installer finds it out once and keeps it in files."""

import json
import pathlib
import subprocess

RUN = pathlib.Path("/run/proxmox-installer")


def dump_env():
    information = dict(
        line.split("=", 1) for line in pathlib.Path("/cdrom/.cd-info").read_text().splitlines() if "=" in line)
    value = {key: text.strip("'\"") for key, text in information.items()}
    write("iso-info", {"release": value["RELEASE"], "isorelease": value["ISORELEASE"], "product": value["PRODUCT"],
                       "fullname": value["PRODUCTLONG"]})
    write("run-env-info", {"boot_type": "efi" if pathlib.Path("/sys/firmware/efi").exists() else "bios",
                           "secure_boot": is_secure_boot(), "leases": leases()})


def dump_udev():
    """Disks are numbered in the order in which the kernel found them; of ports those are told that are cards."""
    disks = [properties(f"/sys/block/{name.name}") | {"SIZE": int((name / "size").read_text()) * 512}
             for name in sorted(pathlib.Path("/sys/block").iterdir()) if (name / "device").exists()
             and not name.name.startswith(("loop", "sr", "fd"))]
    ports = {name.name: properties(f"/sys/class/net/{name.name}") for name in sorted(pathlib.Path("/sys/class/net").iterdir())
             if (name / "device").exists()}
    write("run-env-udev", {"disks": {str(number): disk for number, disk in enumerate(disks)}, "nics": ports})


def properties(path):
    told = subprocess.run(["udevadm", "info", "--query=property", f"--path={path}"], check=True, capture_output=True, text=True)
    return dict(line.split("=", 1) for line in told.stdout.splitlines() if "=" in line)


def is_secure_boot():
    """The last byte of a variable of the firmware; the first four are its attributes."""
    for variable in pathlib.Path("/sys/firmware/efi/efivars").glob("SecureBoot-*"):
        return variable.read_bytes()[4:] == b"\1"
    return False


def leases():
    """What DHCP servers told, by name; the last word counts."""
    file = pathlib.Path("/var/lib/dhcp/dhclient.leases")
    told = {}
    for line in file.read_text().splitlines() if file.exists() else []:
        words = line.strip().rstrip(";").split(" ", 2)
        if words[0] == "option" and len(words) == 3:
            told[words[1]] = words[2].strip('"')
    return told


def dmi():
    """By the names of the files: the part before the first underscore is the kind."""
    told = {"system": {}, "baseboard": {}, "chassis": {}}
    wanted = {"product": ("system", ["serial", "sku", "uuid", "name"]), "board": ("baseboard", ["asset_tag", "serial", "name"]),
              "chassis": ("chassis", ["serial", "sku", "asset_tag"])}
    for kind, (section, names) in wanted.items():
        for name in names:
            file = pathlib.Path(f"/sys/devices/virtual/dmi/id/{kind}_{name}")
            if file.exists():
                told[section][name] = file.read_text(errors="replace").strip()
    return told


def links():
    told = json.loads(subprocess.run(["ip", "-json", "link"], check=True, capture_output=True).stdout)
    return [(link["ifname"], link["address"]) for link in told if link["ifname"] != "lo"]


def default_address():
    """The address of the port that has the default route, and that port: what DHCP gave is the host's own for good."""
    routes = json.loads(subprocess.run(["ip", "-json", "-4", "route", "show", "default"], check=True, capture_output=True).stdout)
    for route in routes:
        shown = subprocess.run(["ip", "-json", "-4", "address", "show", "dev", route["dev"]], check=True, capture_output=True)
        for address in json.loads(shown.stdout)[0]["addr_info"]:
            return {"port": route["dev"], "cidr": f"{address['local']}/{address['prefixlen']}", "gateway": route["gateway"]}
    return None


def write(name, value):
    RUN.mkdir(parents=True, exist_ok=True)
    (RUN / f"{name}.json").write_text(json.dumps(value))


def read(name):
    return json.loads((RUN / f"{name}.json").read_text())
