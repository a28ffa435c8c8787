#!/usr/bin/env python3
"""Runs the fuzz targets: each first over its corpus, then on its own for its share of the time. Prints a table; exit
code 1 when a target crashed. Called by `./dev fuzz` and `./dev test`; README.md says how to add a target."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BUILD = ROOT / "build" / "fuzz"
FOUND = BUILD / "found"  # new inputs and reproducers, kept between runs and not in the repository
PARALLEL = min(2, os.cpu_count() or 1)
INPUT_BYTES_MAX = 8192  # parsers' states are reached by much shorter ones; longer ones are only slower
SECONDS_PER_INPUT = 10  # more is reported as a hang
MEGABYTES = 2048


def targets():
    return sorted(path.stem for path in HERE.glob("*.cpp"))


def libfuzzer(target, *arguments):
    command = [str(BUILD / "fuzz" / f"fuzz_{target}"), f"-max_len={INPUT_BYTES_MAX}", f"-timeout={SECONDS_PER_INPUT}",
               f"-rss_limit_mb={MEGABYTES}", *arguments]
    symbolizer = shutil.which("llvm-symbolizer-19") or shutil.which("llvm-symbolizer-14")
    names = {"ASAN_SYMBOLIZER_PATH": symbolizer} if symbolizer else {}
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT, check=False,
                          env=os.environ | names, text=True, errors="replace")


def folders(target):
    corpus = HERE / "corpus" / target
    new = FOUND / target / "corpus"
    crashes = FOUND / target / "crashes"
    for folder in (corpus, new, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    if not any(corpus.iterdir()):
        sys.exit(f"fuzz: {corpus.relative_to(ROOT)} is empty; a target begins with some inputs that make sense")
    return corpus, new, crashes


def last_number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def run(target, seconds):
    corpus, new, crashes = folders(target)
    before = len(list(new.iterdir()))
    artifacts = f"-artifact_prefix={crashes}/"
    # The corpus alone first: what was found once must stay mended, however short the time.
    done = libfuzzer(target, "-runs=0", artifacts, str(corpus))
    if done.returncode == 0:
        done = libfuzzer(target, f"-max_total_time={seconds}", "-print_final_stats=1", "-reload=0", artifacts,
                         str(new), str(corpus))
    log = done.stderr
    reproducer = re.findall(r"Test unit written to (\S+)", log)
    return {
        "target": target,
        "executions/s": last_number(r"stat::average_exec_per_sec:\s+(\d+)", log),
        "edges": last_number(r"\bcov: (\d+)", log),
        "new inputs": len(list(new.iterdir())) - before,
        "crashes": int(done.returncode != 0),
        "log": log,
        "reproducer": reproducer[-1] if reproducer else None,
    }


def print_table(rows):
    columns = ["target", "executions/s", "edges", "new inputs", "crashes"]
    widths = [max(len(str(row[column])) for row in rows + [dict(zip(columns, columns))]) for column in columns]
    for row in [dict(zip(columns, columns))] + rows:
        cells = [str(row[column]) for column in columns]
        print("  ".join([cells[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(cells[1:], widths[1:])]))


def report_crash(row):
    print(f"\n{row['target']} crashed:\n")
    lines = row["log"].splitlines()
    first = next((i for i, line in enumerate(lines) if re.search(r"broken: |ERROR: |runtime error: ", line)), 0)
    print("\n".join(lines[max(0, first - 1):first + 40]))
    reproducer = row["reproducer"]
    if reproducer is None:  # an input of the corpus: libFuzzer names it in its log
        return
    path = pathlib.Path(reproducer)
    path = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    print(f"\nreproducer: {path}\nrun it:     build/fuzz/fuzz/fuzz_{row['target']} {path}")


def fuzz(wanted, seconds):
    print(f"fuzz: {len(wanted)} targets, {seconds} s each, {PARALLEL} at a time", flush=True)
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        rows = list(pool.map(lambda target: run(target, seconds), wanted))
    print_table(rows)
    for row in rows:
        if row["crashes"]:
            report_crash(row)
    return 1 if any(row["crashes"] for row in rows) else 0


def minimise(wanted):
    """Takes what runs have found into the corpus, and drops what reaches nothing new. Names that say something stay."""
    for target in wanted:
        corpus, new, _ = folders(target)
        named = {path for path in corpus.iterdir() if not re.fullmatch(r"[0-9a-f]{40}", path.name)}
        merged = FOUND / target / "merged"
        shutil.rmtree(merged, ignore_errors=True)
        merged.mkdir()
        for path in named:
            shutil.copy(path, merged)
        # Small enough to keep: a set that reaches every edge, not one for every count of visits to it.
        done = libfuzzer(target, "-set_cover_merge=1", "-use_counters=0", str(merged), str(corpus), str(new))
        if done.returncode != 0:
            sys.exit(f"fuzz: merging {target} failed:\n{done.stderr}")
        for path in set(corpus.iterdir()) - named:
            path.unlink()
        for path in merged.iterdir():
            shutil.copy(path, corpus)
        sizes = [path.stat().st_size for path in corpus.iterdir()]
        print(f"{target}: {len(sizes)} inputs, {sum(sizes)} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, help="for all targets together")
    parser.add_argument("--seconds", type=int, help="for each target")
    parser.add_argument("--minimise", action="store_true", help="take what was found into fuzz/corpus")
    parser.add_argument("targets", nargs="*", help="only these")
    asked = parser.parse_args()
    wanted = asked.targets or targets()
    if unknown := set(wanted) - set(targets()):
        parser.error(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(targets())}")
    if asked.minimise:
        return minimise(wanted)
    share = (asked.minutes or 10) * 60 * PARALLEL / len(wanted)
    return fuzz(wanted, asked.seconds or max(1, round(share)))


if __name__ == "__main__":
    sys.exit(main())
