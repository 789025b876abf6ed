"""The stand-in installer: what of Proxmox VE's installer a rehearsal needs, with the rules and the words of release 9.2."""
