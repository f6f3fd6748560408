"""Whether the Python of this host can read an app: compiled in memory before it is copied. Nothing is run or written."""

import ast
import posixpath
import warnings

# Nobody reads a longer line in a table of checks.
LONGEST = 160


def syntax(request):
    """The first line that this Python can't read, of the scripts that are started and of all that they import."""
    from binascii import a2b_base64
    # What Python only warns of is nobody's trouble here.
    warnings.simplefilter("ignore")
    sources = {name: a2b_base64(text) for name, text in request["files"].items()}
    waiting, seen = list(request["entries"]), set()
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in sources:
            continue
        seen.add(name)
        tree, trouble = read(name, sources[name])
        if trouble:
            return {"trouble": trouble}
        waiting.extend(imported(name, tree))
    return {"read": sorted(seen)}


def read(name, source):
    """(syntax tree, None) of a file, or (None, what is wrong with it and where)."""
    try:
        tree = ast.parse(source, name)
        # Some mistakes are found only here, such as a return outside of a function.
        compile(tree, name, "exec")
        return tree, None
    except SyntaxError as error:
        lines = source.decode("utf-8", "replace").splitlines()
        line = error.lineno or 0
        text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        return None, {"file": name, "line": line, "text": text[:LONGEST], "why": str(error.msg)[:LONGEST]}
    except ValueError as error:
        return None, {"file": name, "line": 0, "text": "", "why": str(error)[:LONGEST]}
    except (RecursionError, MemoryError):
        # Too much for this way of looking, and no mistake of anybody's.
        return ast.Module(body=[]), None


def imported(name, tree):
    """Files that a module may import, by their names below the app's folder: most of them are none of the app's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from files_of(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            module = node.module.split(".") if node.module else []
            above = package_of(name, node.level)
            yield from files_of(above + module)
            for alias in node.names:
                yield from files_of(above + module + [alias.name])


def package_of(name, level):
    """The package that an import begins at, as words; none for an absolute one."""
    folder = [word for word in posixpath.dirname(name).split("/") if word]
    return folder[:len(folder) + 1 - level] if level else []


def files_of(words):
    """A module and the packages above it, as files."""
    for depth in range(1, len(words) + 1):
        path = "/".join(words[:depth])
        yield path + ".py"
        yield path + "/__init__.py"
