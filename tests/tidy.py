#!/usr/bin/env python3
"""House rules that a script can check. Prints what to do about each finding; exit code 1 when there is one."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

LINES_MAX = 400  # a file that is longer has two subjects, tests too
SIZED = ("src", "sandbox/src", "bench", "fuzz")
SIZED_SUFFIXES = {".cpp", ".hpp", ".ts", ".mjs", ".css", ".graphql", ".sql", ".py"}
SKIPPED_FOLDERS = {".git", "node_modules", "build", "results", "data"}
GENERATED = {"package-lock.json"}
TEXT_SUFFIXES = {".cpp", ".hpp", ".ts", ".mjs", ".css", ".md", ".toml", ".json", ".sql", ".graphql", ".cmake", ".txt", ".py", ".sh", ".tsx", ".yml"}

# Which folders of src/ a folder may include; itself always.
MAY_INCLUDE = {
    "types": set(),
    "async": {"types"},
    "returns": {"types"},
    "net": {"async", "types"},
    "store": {"returns", "types", "async"},
    "connectors": {"returns", "net", "async", "types"},
    "connections": {"connectors", "dispatch", "net", "store", "returns", "async", "types"},
    "workflow": {"connections", "connectors", "store", "returns", "net", "async", "types"},
    "dispatch": {"workflow", "connections", "connectors", "store", "returns", "net", "async", "types"},
    "intake": {"connections", "connectors", "store", "returns", "net", "async", "types"},
    "api": {"workflow", "dispatch", "intake", "connections", "connectors", "store", "returns", "net", "async", "types"},
    "cli": None,  # anything
}

# Slow to compile, so they stay behind small interfaces: header -> the folders whose .cpp files may include it.
HEAVY = {
    "boost/asio": ("src/net",),
    "boost/beast": ("src/net",),
    "curl/curl.h": ("src/net",),
    "sqlite3.h": ("src/store/sqlite",),
    "libpq-fe.h": ("src/store/postgres",),
    "toml++": ("src/cli",),
}

# What other folders include of src/net; the rest is its own.
PUBLIC_OF_NET = {"http_client.hpp", "http_server.hpp", "asio_loop.hpp", "curl_client.hpp", "signals.hpp"}

# Spelt apart, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}:/-])/(ro" + r"ot|home|wo" + r"rk)/[\w.]")

findings = []


def complain(path, line, what):
    findings.append(f"{path.relative_to(ROOT)}:{line}: {what}")


def tracked_files():
    for path in sorted(ROOT.rglob("*")):
        parts = set(path.relative_to(ROOT).parts[:-1])
        if path.is_file() and not parts & SKIPPED_FOLDERS and path.name not in GENERATED:
            if path.suffix in TEXT_SUFFIXES or path.name in {"dev", "run"}:
                yield path


def is_test(path):
    return path.stem.endswith(("_test", ".test", "_fixture")) or path.stem == "test_support"


def check_length(path, lines):
    relative = path.relative_to(ROOT).as_posix()
    sized = path.suffix in SIZED_SUFFIXES and relative.startswith(tuple(folder + "/" for folder in SIZED))
    if sized and len(lines) > LINES_MAX:
        complain(path, len(lines), f"{len(lines)} lines; split it by subject, {LINES_MAX} is the most")


def check_marks(path, lines):
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            complain(path, number, "an unfinished mark; do it, or write down as a limit what is missing")
        if MACHINE_PATH.search(line):
            complain(path, number, "a path of somebody's machine; make it relative, or take it from the environment")


def check_header(path, lines):
    if not any(line.strip() == "#pragma once" for line in lines):
        complain(path, 1, "a header begins with #pragma once")
    # Indented ones stand inside a function or a class.
    for number, line in enumerate(lines, 1):
        if re.match(r"using namespace\b", line) and not is_test(path):
            complain(path, number, "using namespace at namespace scope in a header reaches everyone who includes it")


def check_arrow(path, number, folder, included):
    target = included.split("/")[0]
    if not (ROOT / "src" / target).is_dir():
        return
    if included.startswith("net/") and folder != "net" and included.split("/")[1] not in PUBLIC_OF_NET:
        complain(path, number, f"{included} is net's own; the others are {', '.join(sorted(PUBLIC_OF_NET))}")
    for driver in ("store/sqlite", "store/postgres"):
        if included.startswith(driver + "/") and folder not in (driver, "cli") and not is_test(path):
            complain(path, number, f"{included}: only the driver itself and cli may name it; use store/store.hpp")
    top = folder.split("/")[0]
    if top not in MAY_INCLUDE:
        complain(path, number, f"src/{top} is not in MAY_INCLUDE of tests/tidy.py; say there what it may include")
        return
    allowed = MAY_INCLUDE[top]
    if allowed is not None and target != top and target not in allowed:
        complain(path, number, f"{included}: {top} may include {', '.join(sorted(allowed | {top}))}; includes point inward")
    # A vendor's folder is nobody else's business, but the list of connectors'.
    parts = included.split("/")
    if target == "connectors" and len(parts) == 3 and folder != "/".join(parts[:2]) and path.name != "registry.cpp":
        complain(path, number, f"{included}: only its own folder and registry.cpp know a vendor")


def check_heavy(path, number, included):
    relative = path.relative_to(ROOT).as_posix()
    for header, places in HEAVY.items():
        fits = included == header or included.startswith(header + "/") or included.startswith(header + ".")
        if not fits:
            continue
        here = any(relative == place or relative.startswith(place + "/") for place in places)
        if not here and not is_test(path):
            complain(path, number, f"<{included}> belongs into {' and '.join(places)} only; declare what is needed forward")
        # Headers that only their own folder includes may: the arrow check keeps everyone else out.
        if path.suffix == ".hpp" and path.name in PUBLIC_OF_NET:
            complain(path, number, f"<{included}> would reach everyone who includes this header")


def check_includes(path, lines):
    folder = path.parent.relative_to(ROOT / "src").as_posix()
    for number, line in enumerate(lines, 1):
        quoted = re.match(r'\s*#include "([^"]+)"', line)
        if quoted:
            check_arrow(path, number, folder, quoted.group(1))
        angled = re.match(r"\s*#include <([^>]+)>", line)
        if angled:
            check_heavy(path, number, angled.group(1))


def main():
    for path in tracked_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            complain(path, 1, "is not UTF-8")
            continue
        check_length(path, lines)
        check_marks(path, lines)
        if path.suffix == ".hpp":
            check_header(path, lines)
        if path.suffix in (".cpp", ".hpp") and path.is_relative_to(ROOT / "src"):
            check_includes(path, lines)
    for finding in findings:
        print(finding)
    print(f"tidy: {len(findings)} findings" if findings else "tidy: all well")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
