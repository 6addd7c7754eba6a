"""Makes docs/configuration.md from schemas/config.schema.json."""

HEAD = """# `exlint.toml`, key by key

Made from [`schemas/config.schema.json`](../schemas/config.schema.json), which
editors with a TOML language server can use as well. [Writing
`exlint.toml`](inventory.md) tells how to begin, and has a whole example.
"""


def resolved(schema, node):
    """A node with its reference followed; what stands beside the reference wins."""
    while "$ref" in node:
        target = schema
        for part in node["$ref"].lstrip("#/").split("/"):
            target = target[part]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def value(schema, node):
    """What a key may hold, in words."""
    node = resolved(schema, node)
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{word}`" for word in node["enum"])
    for kind in ("oneOf", "anyOf"):
        if kind in node:
            return " or ".join(dict.fromkeys(value(schema, one) for one in node[kind]))
    of = node.get("type")
    if isinstance(of, list):
        return " or ".join(value(schema, {**node, "type": one}) for one in of)
    if of == "array":
        return "list of " + value(schema, node["items"]) if "items" in node else "list"
    if of == "string" and (node.get("format") == "date" or "[0-9]{4}" in node.get("pattern", "")):
        return "date"
    if of == "object":
        return "table"
    return {"string": "text", "integer": "number", "boolean": "`true` or `false`"}.get(of, "any")


def rows(schema, node):
    """The table of a section's keys."""
    required = set(node.get("required", []))
    lines = ["| key | value | meaning |", "|---|---|---|"]
    for key, child in node.get("properties", {}).items():
        child = resolved(schema, child)
        must = " (required)" if key in required else ""
        default = f" Default: `{child['default']}`." if "default" in child else ""
        lines.append(f"| `{key}`{must} | {cell(value(schema, child))} | {cell(child.get('description', '') + default)} |")
    more = node.get("additionalProperties")
    if isinstance(more, dict):
        more = resolved(schema, more)
        lines.append(f"| any other | {cell(value(schema, more))} | {cell(more.get('description', ''))} |")
    return "\n".join(lines)


def tables(schema, node):
    """The tables that a node may be: it itself, or those of a choice."""
    node = resolved(schema, node)
    for kind in ("oneOf", "anyOf"):
        for one in node.get(kind, []):
            yield from tables(schema, one)
    if node.get("properties"):
        yield node


def page(schema):
    """The whole page."""
    parts, single = [HEAD], {}
    sections = []
    for key, child in schema.get("properties", {}).items():
        child = resolved(schema, child)
        items = resolved(schema, child.get("items", {})) if child.get("type") == "array" else {}
        if items.get("type") == "object" or "properties" in items:
            sections.append((f"[[{key}]]", {**items, "description": child.get("description") or items.get("description", "")}))
        elif child.get("type") == "object":
            sections.append((f"[{key}]", child))
        else:
            single[key] = child
    if single:
        text = "Keys before the first section."
        parts.append(f"## Before the sections\n\n{text}\n\n{rows(schema, {'properties': single, 'required': schema.get('required', [])})}\n")
    for name, node in sections:
        text = node.get("description", "").strip()
        body = f"## `{name}`\n\n" + (f"{text}\n\n" if text else "") + rows(schema, node) + "\n"
        more = node.get("additionalProperties")
        for table in tables(schema, more) if isinstance(more, dict) else []:
            body += f"\nSuch a table has\n\n{rows(schema, table)}\n"
        parts.append(body)
    return "\n".join(parts)
