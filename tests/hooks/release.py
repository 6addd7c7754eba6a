#!/usr/bin/env python3
"""Runs scripts/release without compiling: cargo is replaced by a program that
hands out the one under test.

    python3 tests/hooks/release.py --exlint FILE

What is missing is named with the command that gets it; an archive has what it
should, twice the same bytes, and fits its checksum. That cargo builds a static
program is not tested here: the script itself refuses any other.

Exit code: 0 all as it should be, 1 not.
"""

import argparse
import os
import pathlib
import shutil
import sys
import tarfile

import tools
from tools import ROOT, Failed, run

TARGET = "x86_64-unknown-linux-musl"
CARGO = """#!/bin/sh
case "$1" in
    auditable)
        mkdir -p "$CARGO_TARGET_DIR/TARGET/release"
        cp "EXLINT" "$CARGO_TARGET_DIR/TARGET/release/exlint" ;;
    cyclonedx)
        while [ "$1" != --override-filename ]; do shift; done
        echo '{"bomFormat": "CycloneDX"}' > "$2.json" ;;
    *) exit 3 ;;
esac
"""
# What the script asks about the program; the one under test may be dynamic.
READELF = "#!/bin/sh\ncase \"$*\" in *section*) echo .dep-v0;; esac\n"


def stand_ins(folder, exlint, sysroot):
    """Programs that stand in for those that compile."""
    folder.mkdir()
    texts = {
        "cargo": CARGO.replace("TARGET/release", f"{TARGET}/release").replace("EXLINT", str(exlint)),
        "cargo-auditable": "#!/bin/sh\n", "cargo-cyclonedx": "#!/bin/sh\n", "musl-gcc": "#!/bin/sh\n",
        "readelf": READELF, "rustc": f"#!/bin/sh\necho {sysroot}\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


def test():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--exlint", required=True, help="the program under test")
    exlint = pathlib.Path(parser.parse_args().exlint).resolve()
    with tools.scratch() as name:
        place = pathlib.Path(name)
        sysroot, programs = place / "sysroot", place / "programs"
        stand_ins(programs, exlint, sysroot)
        copy = place / "copy"
        for part in ("scripts", "schemas", "fixtures/contoso"):
            shutil.copytree(ROOT / part, copy / part)
        for part in ("README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"):
            shutil.copy(ROOT / part, copy)
        tools.repository(copy)
        tools.commit_all(copy, "A release")
        env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
               "CARGO_TARGET_DIR": str(place / "target"), "RUNS": "1"}
        script = [copy / "scripts" / "release"]

        told = run(script, cwd=copy, env=env, expect=[2]).stdout
        if f"rustup target add {TARGET}" not in told:
            raise Failed(f"a missing target is not told\n{told}")
        (sysroot / "lib" / "rustlib" / TARGET / "lib").mkdir(parents=True)

        archives = []
        for _ in range(2):
            run(script, cwd=copy, env=env, expect=[0])
            out = copy / "target" / "dist"
            archive, = out.glob("exlint-*.tar.gz")
            archives.append(archive.read_bytes())
            run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=out, expect=[0])
        if archives[0] != archives[1]:
            raise Failed("two archives of one commit differ")
        folder = archive.name.removesuffix(".tar.gz")
        with tarfile.open(archive) as tar:
            held = {member.name for member in tar}
            owners = {(member.uid, member.gid) for member in tar}
        wanted = ["exlint", "exlint.1", "README.md", "LICENSE-MIT", "LICENSE-APACHE", "schemas/findings.schema.json"]
        wanted += [f"completions/exlint.{shell}" for shell in ("bash", "elvish", "fish", "powershell", "zsh")]
        lost = [name for name in wanted if f"{folder}/{name}" not in held]
        if lost or owners != {(0, 0)}:
            raise Failed(f"the archive lacks {lost}, owners {owners}")
        if (copy / f"{folder}-sbom.json").exists() or not (out / f"{folder}-sbom.json").exists():
            raise Failed("the SBOM is not beside the archive")
    print(f"scripts/release: tells what is missing; {len(held)} files, the same bytes twice")
    return 0


if __name__ == "__main__":
    sys.exit(tools.main(test))
