"""What the pages for people name is there: commands, options, units, fields, kinds of events, files, and what Sprout says."""

import functools
import re
import shlex
import subprocess
import unittest

from harness import PROGRAMS, ROOT

PAGES = [ROOT / "README.md", ROOT / "image" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# What a page writes for what differs each time.
GAP = "…"


def code(text):
    """What is written as code: each line of a block of commands, and each span."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [line.partition(" #")[0] for block in blocks for line in block.splitlines()] + re.findall(r"`([^`]+)`", rest)


def words(line):
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def commands(text, program):
    """The words after each mention of a program in code."""
    for line in code(text):
        found = words(line)
        places = [place for place, word in enumerate(found) if word.rpartition("/")[2] == program]
        if places and all(word in ("sudo", "env") or "=" in word for word in found[:places[0]]):
            yield line, found[places[0] + 1:]


@functools.cache
def shown(*verb):
    return subprocess.run([PROGRAMS / "sprout", "help", *verb], check=True, capture_output=True, text=True).stdout


@functools.cache
def verbs():
    return {tuple(line.split()) for line in re.findall(r"^  sprout ((?:[a-z][a-z-]* )+)", shown(), flags=re.MULTILINE)}


def named_verbs(found):
    """The verbs that a command line names, where `add|list` are two."""
    plain = [word for word in found if not word.startswith("-") and word != "help"][:2]
    if not plain or not re.fullmatch("[a-z]+", plain[0]):
        return []
    pairs = [(plain[0], second) for second in plain[1].split("|")] if len(plain) > 1 else []
    known = [pair for pair in pairs if pair in verbs()]
    return pairs if pairs and (known or (plain[0],) not in verbs()) else [(plain[0],)]


def without_interpolations(line):
    r"""A line of Swift with a gap for each `\(…)`, whatever parentheses are in it."""
    result, rest = "", line
    while r"\(" in rest:
        before, _, rest = rest.partition(r"\(")
        depth, end = 1, 0
        while depth and end < len(rest):
            depth += (rest[end] == "(") - (rest[end] == ")")
            end += 1
        result, rest = result + before + GAP, rest[end:]
    return result + rest


@functools.cache
def sayings():
    """All that Sprout can say, as one text."""
    lines = (line for path in sorted((ROOT / "Sources").rglob("*.swift")) for line in path.read_text().splitlines())
    swift = "\n".join(without_interpolations(line) for line in lines if not line.lstrip().startswith("//"))
    # Texts that are written in several pieces, or over several lines.
    swift = re.sub(r'"\s*\+\s*"', "", swift)
    swift = re.sub(r"\\\n\s*", "", swift).replace('\\"', '"')
    others = [ROOT / "deploy/deb/postinst", ROOT / "image/rootfs/usr/lib/sprout/console",
              ROOT / "image/initramfs/scripts/local-bottom/sprout", ROOT / "rootfs/usr/share/sprout/www/assets/unavailable.html"]
    return re.sub(r"\s+", " ", "\n".join([swift, *(path.read_text() for path in others)]))


class DocsTest(unittest.TestCase):
    def each(self):
        for page in PAGES:
            yield page.relative_to(ROOT), page.read_text()

    def test_S21_each_command_that_a_page_names_is_a_verb_with_these_options(self):
        for name, text in self.each():
            for line, found in commands(text, "sprout"):
                for verb in named_verbs(found):
                    with self.subTest(name, line=line):
                        self.assertIn(verb, verbs())
                        options = set(re.findall(r"--[a-z][a-z-]+", " ".join(found))) - {"--version"}
                        self.assertLessEqual(options, set(re.findall(r"--[a-z][a-z-]+", shown(*verb))))

    def test_each_field_and_kind_of_event_that_a_page_looks_for_is_told(self):
        journal = (ROOT / "docs/journal.md").read_text()
        fields = set(re.findall(r"^\| `(SPROUT_[A-Z]+)`", journal, flags=re.MULTILINE))
        ids = set(re.findall(r"^\| `([0-9a-f]{32})`", journal, flags=re.MULTILINE))
        source = (ROOT / "Sources/Model/Event.swift").read_text()
        cases = dict(re.findall(r'case (\w+) = "([a-z_]+\.[a-z_]+)"', source))
        for name, text in self.each():
            for line, found in commands(text, "journalctl"):
                for word in found:
                    field, is_match, value = word.partition("=")
                    if not is_match or field.startswith("-"):
                        continue
                    with self.subTest(name, line=line):
                        self.assertIn(field, fields | {"MESSAGE_ID"})
                        if field == "SPROUT_EVENT":
                            self.assertIn(value, cases.values())
                        if field == "MESSAGE_ID" and value != GAP:
                            self.assertIn(value, ids)
            for line, found in commands(text, "sprout"):
                kinds = [value for option, value in zip(found, found[1:]) if option == "--kind"]
                with self.subTest(name, line=line):
                    self.assertLessEqual(set(kinds), set(cases.values()))

    def test_each_unit_that_a_page_names_is_there(self):
        files = [path.name for folder in ("units", "image/rootfs/usr/lib/systemd/system") for path in (ROOT / folder).iterdir()]
        units = set(files) | {file.removesuffix(".service") for file in files if file.endswith(".service")}
        for name, text in self.each():
            for program in ("journalctl", "systemctl"):
                for line, found in commands(text, program):
                    with self.subTest(name, line=line):
                        self.assertLessEqual({word for word in found if re.fullmatch(r"sprout[a-z.-]*", word)}, units)

    def test_each_file_that_a_page_points_to_is_there(self):
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
        files = {path.rpartition("/")[2] for path in listed.stdout.split()}
        for name, text in self.each():
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                path, _, anchor = target.partition("#")
                if "://" in target:
                    continue
                with self.subTest(name, target=target):
                    page = (ROOT / name).parent / path if path else ROOT / name
                    self.assertTrue(page.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(page.read_text()))
            for file in re.findall(r"`(?:[\w/-]+/)?(\w+\.(?:swift|py))`", text):
                with self.subTest(name, file=file):
                    self.assertIn(file, files)

    def test_sprout_says_what_the_page_for_trouble_quotes(self):
        text = re.sub(r"\s+", " ", (ROOT / "docs/troubleshooting.md").read_text())
        quoted = re.findall("“([^”]+)”", text)
        self.assertGreater(len(quoted), 100)
        for saying in quoted:
            with self.subTest(saying):
                pieces = [piece.strip() for piece in saying.split(GAP)]
                self.assertGreaterEqual(max(map(len, pieces)), 8)
                for piece in pieces:
                    self.assertIn(piece, sayings())


def anchors(text):
    """As GitHub names headings."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


class ReadingTest(unittest.TestCase):
    def test_a_verb_an_option_and_a_page_that_are_not_there_are_found_out(self):
        self.assertEqual(list(commands("`sudo sprout hosts ad x`", "sprout")), [("sudo sprout hosts ad x", ["hosts", "ad", "x"])])
        self.assertEqual(named_verbs(["hosts", "ad"]), [("hosts", "ad")])
        self.assertEqual(named_verbs(["hosts", "add|list"]), [("hosts", "add"), ("hosts", "list")])
        self.assertEqual(named_verbs(["hosts"]), [("hosts",)])
        self.assertEqual(named_verbs(["wire", "pve-01"]), [("wire",)])
        self.assertNotIn(("hosts",), verbs())
        self.assertEqual(without_interpolations(r'a \(b(c ? "(" : ")")) d'), f"a {GAP} d")
        self.assertNotIn("its memory is purple", sayings())
        self.assertEqual(anchors("# Wie? It, so\n"), {"wie-it-so"})


if __name__ == "__main__":
    unittest.main()
