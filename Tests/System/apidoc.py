"""Makes the page of the API, and the copy of its document that nginx serves: `make docs` runs it."""

import html
import json
import pathlib
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "rootfs" / "usr" / "share" / "sprout" / "www" / "api"
PAGE, COPY = FOLDER / "index.html", FOLDER / "openapi.yaml"


def words(text):
    parts = html.escape(text or "", quote=True).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))


def named(reference):
    return reference.rsplit("/", 1)[-1]


def kind(schema):
    if "$ref" in schema:
        name = html.escape(named(schema["$ref"]))
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(kind(one) for one in schema["anyOf"])
    types = schema.get("type", "any")
    text = " or ".join(types if isinstance(types, list) else [types])
    if "array" in text and "items" in schema:
        return f"list of {kind(schema['items'])}"
    return html.escape(text)


def example(document, schema, depth=0):
    if depth > 6:
        return None
    if "$ref" in schema:
        return example(document, document["components"]["schemas"][named(schema["$ref"])], depth + 1)
    if "example" in schema:
        return schema["example"]
    if "properties" in schema:
        return {name: example(document, one, depth + 1) for name, one in schema["properties"].items()
                if name in schema.get("required", [])}
    if "anyOf" in schema:
        return example(document, schema["anyOf"][0], depth + 1)
    if "items" in schema:
        return [example(document, schema["items"], depth + 1)]
    return None


def rows(schema):
    required = schema.get("required", [])
    lines = []
    for name, one in schema.get("properties", {}).items():
        mark = "" if name in required else " <small>may be left out</small>"
        values = ", ".join(f"<code>{html.escape(str(value))}</code>" for value in one.get("enum", []) if value is not None)
        lines.append(f"<tr><th scope=\"row\"><code>{html.escape(name)}</code>{mark}</th><td>{kind(one)}</td>"
                     f"<td>{words(one.get('description'))}{values and ': ' + values}</td></tr>")
    return "".join(lines)


def table(caption, body, of):
    return f'<div class="wide" tabindex="0" role="region" aria-label="{caption} of {html.escape(of)}"><table><caption>{caption}</caption>' \
        f"<tbody>{body}</tbody></table></div>" if body else ""


def curl(document, method, path, operation):
    parts = ["curl", "-X", method.upper(), f"'http://sprout.local{path}'"]
    if operation["x-role"] != "none":
        parts.append('-H "Authorization: Bearer $SPROUT_TOKEN"')
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"-H 'Content-Type: {media}'")
        body = example(document, content["schema"])
        parts.append("-d '" + json.dumps({} if body is None else body, ensure_ascii=False) + "'"
                     if media == "application/json" else "--data-binary @PIECE")
    return " ".join(parts)


def operation(document, method, path, one):
    name = f"{method.upper()} {path}"
    parameters = ""
    for parameter in one.get("parameters", []):
        if "$ref" in parameter:
            parameter = document["components"]["parameters"][named(parameter["$ref"])]
        place = {"path": "in the path", "query": "parameter", "header": "header"}[parameter["in"]]
        parameters += f"<tr><th scope=\"row\"><code>{html.escape(parameter['name'])}</code></th><td>{place}</td>" \
            f"<td>{words(parameter['description'])}</td></tr>"
    answers = ""
    for status, answer in one["responses"].items():
        if "$ref" in answer:
            answer = document["components"]["responses"][named(answer["$ref"])]
        kinds = ", ".join(kind(content["schema"]) for content in answer.get("content", {}).values())
        answers += f"<tr><th scope=\"row\">{status}</th><td>{kinds}</td><td>{words(answer['description'])}</td></tr>"
    bodies = "".join(f"<p>Body: {kind(content['schema'])}, as <code>{media}</code></p>"
                     for media, content in one.get("requestBody", {}).get("content", {}).items())
    verb = f"<p>On the command line: <code>sprout {html.escape(one['x-cli'])}</code></p>" if one["x-cli"] else ""
    role = "no role" if one["x-role"] == "none" else f"the role {one['x-role']}"
    return f"""<details id="{one['operationId']}"><summary><code>{method.upper()} {html.escape(path)}</code> \
{words(one['summary'])}</summary>
<p>{words(one.get('description'))} Needs {role}.</p>{verb}{bodies}{table('Parameters', parameters, name)}{table('Answers', answers, name)}
<pre tabindex="0">{html.escape(curl(document, method, path, one))}</pre></details>
"""


def page(document):
    groups = ""
    for tag in document["tags"]:
        members = [operation(document, method, path, one) for path, methods in document["paths"].items()
                   for method, one in methods.items() if tag["name"] in one["tags"]]
        groups += f"<section><h2>{html.escape(tag['name'])}</h2>\n{''.join(members)}</section>\n"
    schemas = "".join(
        f"<section id=\"schema-{name}\"><h3>{name}</h3><p>{words(schema.get('description'))}</p>{table('Fields', rows(schema), name)}"
        f"</section>\n" for name, schema in document["components"]["schemas"].items())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The API · Sprout</title>
<link rel="icon" href="/assets/sprout.svg">
<link rel="stylesheet" href="/assets/sprout.css">
<link rel="stylesheet" href="/assets/api.css">
</head>
<body>
<main class="api">
<nav aria-label="Way back"><a class="back" href="/">All hosts</a></nav>
<h1>The API of Sprout {html.escape(document['info']['version'])}</h1>
<p>{words(document['info']['description'])} The same for programs: <a href="/api/openapi.yaml">openapi.yaml</a>.</p>
{groups}<h2>Schemas</h2>
{schemas}</main>
</body>
</html>
"""


def write():
    FOLDER.mkdir(exist_ok=True)
    text = (ROOT / "docs" / "openapi.yaml").read_text()
    COPY.write_text(text)
    PAGE.write_text(page(yaml.safe_load(text)))


if __name__ == "__main__":
    sys.exit(write())
