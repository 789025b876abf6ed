"""A stand-in for NetBox's REST API, in as much of it as Sprout asks: as strict as the real one.

It is written after NetBox's serializers and filter sets (dcim and ipam, 3.7 and 4.2): an unknown slug is an empty list,
an unknown number or a missing field 400, a name that is there twice at a site 400, and since 4.2 a port's mac_address
can only be read, while MAC addresses are objects."""

import ipaddress
import json
import urllib.parse

TOKEN = "0123456789abcdef0123456789abcdef01234567"


class NetBox:
    """Give `answer` to a Receiver."""

    def __init__(self, version="4.2.5", templates=()):
        self.version = version
        self.has_mac_objects = tuple(map(int, version.split(".")[:2])) >= (4, 2)
        # The ports that a device of the type is made with.
        self.templates = templates
        self.tables = {name: {} for name in [
            "dcim/device-types", "dcim/sites", "dcim/device-roles", "dcim/devices", "dcim/interfaces",
            "dcim/mac-addresses", "ipam/ip-addresses"]}
        self.number = 0
        self.changes = []
        self.add("dcim/device-types", slug="lab-machine", display="Lab machine")
        self.add("dcim/sites", slug="home", display="Home")
        self.add("dcim/device-roles", slug="hypervisor", display="Hypervisor")

    def add(self, table, **fields):
        self.number += 1
        self.tables[table][self.number] = {"id": self.number, **fields}
        return self.number

    def all(self, table):
        return list(self.tables[table].values())

    # HTTP

    def answer(self, request):
        if request.headers.get("authorization") != f"Token {TOKEN}":
            return 403, {"detail": "Invalid token"}
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        parts = url.path.strip("/").split("/")
        if not url.path.endswith("/") or parts[0] != "api":
            return 404, {"detail": "Not found."}
        if parts[1:] == ["status"]:
            return 200, {"netbox-version": self.version, "plugins": {}}
        table = "/".join(parts[1:3])
        if table not in self.tables or (table == "dcim/mac-addresses" and not self.has_mac_objects):
            return 404, {"detail": "Not found."}
        if request.method == "GET":
            query.pop("limit", None)
            rows = [self.shown(table, row) for row in self.all(table) if self.fits(table, row, query)]
            return 200, {"count": len(rows), "next": None, "previous": None, "results": rows}
        fields = json.loads(request.body)
        number = int(parts[3]) if len(parts) > 3 else None
        before = self.tables[table].get(number, {})
        if request.method == "PATCH" and not before:
            return 404, {"detail": "Not found."}
        problems = self.problems(table, {**before, **fields}, fields, number)
        if problems:
            return 400, problems
        self.changes.append((request.method, table, fields))
        if request.method == "PATCH":
            before.update(fields)
            return 200, self.shown(table, before)
        number = self.add(table, **fields)
        if table == "dcim/devices":
            for name in self.templates:
                self.add("dcim/interfaces", device=number, name=name, type="1000base-t")
        return 201, self.shown(table, self.tables[table][number])

    # What filter sets find: an unknown filter is passed over by NetBox, and so it is an error here.

    def fits(self, table, row, query):
        for name, value in query.items():
            known = {
                "slug": lambda: row.get("slug") == value,
                "serial": lambda: (row.get("serial") or "").lower() == value.lower(),
                "name__ie": lambda: row.get("name", "").lower() == value.lower(),
                "site_id": lambda: row.get("site") == int(value),
                "device_id": lambda: row.get("device") == int(value),
                "mac_address": lambda: row.get("mac_address", "").lower() == value.lower(),
                "address": lambda: ipaddress.ip_interface(row["address"]).ip == ipaddress.ip_interface(value).ip,
            }
            if not known[name]():
                return False
        return True

    # What serializers refuse

    def problems(self, table, row, fields, number):
        required = {
            "dcim/devices": ["device_type", "role", "site"], "dcim/interfaces": ["device", "name", "type"],
            "dcim/mac-addresses": ["mac_address"], "ipam/ip-addresses": ["address"]}.get(table)
        if required is None:
            return {"detail": "This stand-in only lists them."}
        problems = {name: ["This field is required."] for name in required if name not in row}
        related = {
            "device_type": "dcim/device-types", "role": "dcim/device-roles", "site": "dcim/sites", "device": "dcim/devices",
            "primary_mac_address": "dcim/mac-addresses", "primary_ip4": "ipam/ip-addresses"}
        for name, other in related.items():
            if name in fields and fields[name] not in self.tables[other]:
                problems[name] = [f"Related object not found using the provided numeric ID: {fields[name]}"]
        if problems:
            return problems
        others = [other for other in self.all(table) if other["id"] != number]
        if table == "dcim/devices":
            return self.device_problems(row, others)
        if table == "dcim/interfaces":
            if any((other["device"], other["name"]) == (row["device"], row["name"]) for other in others):
                return {"__all__": ["The fields device, name must make a unique set."]}
            if "mac_address" in fields and self.has_mac_objects:
                raise AssertionError("NetBox would pass over mac_address, which can only be read")
            mac = self.tables["dcim/mac-addresses"].get(row.get("primary_mac_address"))
            if mac and mac.get("assigned_object_id") != number:
                return {"primary_mac_address": [f"MAC address {mac['mac_address']} is not assigned to this interface."]}
        if table in ("dcim/mac-addresses", "ipam/ip-addresses"):
            if row.get("assigned_object_type", "dcim.interface") != "dcim.interface":
                return {"assigned_object_type": ["Invalid value"]}
            if row.get("assigned_object_id") is not None and row["assigned_object_id"] not in self.tables["dcim/interfaces"]:
                return {"assigned_object_id": ["Invalid related object"]}
        if table == "ipam/ip-addresses" and number is None:
            if any(other["address"] == row["address"] for other in others):
                return {"address": [f"Duplicate IP address found in global table: {row['address']}"]}
        return {}

    def device_problems(self, row, others):
        if any((other["site"], other["name"].lower()) == (row["site"], row["name"].lower()) for other in others):
            return {"__all__": ["Device name must be unique per site."]}
        if row.get("status") not in ("active", "planned", "offline", "failed"):
            return {"status": ["Not a valid choice."]}
        address = self.tables["ipam/ip-addresses"].get(row.get("primary_ip4"))
        port = address and self.tables["dcim/interfaces"].get(address.get("assigned_object_id"))
        if row.get("primary_ip4") and (not port or port["device"] != row["id"]):
            return {"primary_ip4": [f"The specified IP address ({address['address']}) is not assigned to this device."]}
        return {}

    # What serializers show

    def brief(self, table, number):
        row = self.tables[table].get(number)
        return row and {"id": number, "display": row.get("display") or row.get("name") or row.get("address", "")}

    def shown(self, table, row):
        shown = {"display": row.get("name") or row.get("address") or "", "serial": "", **row}
        if table == "dcim/devices":
            shown["device_type"] = self.brief("dcim/device-types", row["device_type"])
            shown["role"], shown["site"] = (
                self.brief("dcim/device-roles", row["role"]), self.brief("dcim/sites", row["site"]))
            shown["status"] = {"value": row.get("status", "active"), "label": row.get("status", "active").title()}
            shown["primary_ip4"] = self.brief("ipam/ip-addresses", row.get("primary_ip4"))
        if table == "dcim/interfaces":
            shown["device"] = self.brief("dcim/devices", row["device"])
            mac = self.tables["dcim/mac-addresses"].get(row.get("primary_mac_address"))
            text = mac["mac_address"] if mac else row.get("mac_address")
            shown["mac_address"] = text and text.upper()
        if table in ("dcim/mac-addresses", "ipam/ip-addresses"):
            port = self.tables["dcim/interfaces"].get(row.get("assigned_object_id"))
            for name in ["assigned_object_type", "assigned_object_id"]:
                shown.setdefault(name, None)
            shown["assigned_object"] = port and {
                "id": port["id"], "display": port["name"], "device": self.brief("dcim/devices", port["device"])}
        return shown
