"""What the Dockerfile builds, as far as that can be seen without a container
engine: the files that it copies, who runs the program, and the program alone in
an empty root."""

import fnmatch
import json
import os
import pathlib
import re
import shutil

import tools
from tools import ROOT, check, run


def instructions():
    """The Dockerfile by lines: the instruction and the rest."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield line.split(maxsplit=1)


def ignored(path):
    """Whether .dockerignore keeps a file from the builder: the last line that fits decides."""
    answer = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.lstrip("!")
        parents = [str(parent) for parent in [path, *path.parents] if str(parent) != "."]
        if any(fnmatch.fnmatchcase(parent, pattern) for parent in parents):
            answer = not line.startswith("!")
    return answer


def files_in_the_program():
    """Files that the source takes in with `include_str!` and its like."""
    for source in (ROOT / "src").rglob("*.rs"):
        if "test" in source.name or any("test" in parent.name for parent in source.parents if parent != ROOT):
            continue
        text = source.read_text().split("#[cfg(test)]\nmod tests {")[0]
        for name in re.findall(r'include_(?:str|bytes)!\(\s*"([^"]+)"', text):
            yield (source.parent / name).resolve().relative_to(ROOT)
        for name in re.findall(r'concat!\(\s*env!\("CARGO_MANIFEST_DIR"\),\s*"/([^"]+[^"/])"', text):
            yield pathlib.Path(name)
    for rule in [*(ROOT / "policies").glob("*/*/rule.*"), *(ROOT / "policies" / "lib").glob("*.rego")]:
        yield rule.relative_to(ROOT)


def test(place, exlint):
    """What the build copies is enough for cargo, and what runs is not root."""
    folder = place / "docker"
    folder.mkdir()
    stages, user = [], None
    for word, rest in instructions():
        if word == "FROM":
            check(rest.startswith("scratch") or re.search("@sha256:[0-9a-f]{64} ", rest), f"not pinned: {rest}")
            check(not stages or stages[-1] == "build" or user == "65534:65534", f"{stages}: runs as root")
            stages.append(rest.rpartition(" AS ")[2])
            user = None
        elif word == "USER":
            user = rest
        elif word == "COPY" and not rest.startswith("--from"):
            *sources, target = rest.split()
            for source in sources:
                here = ROOT / source
                files = [here] if here.is_file() else [file for file in here.rglob("*") if file.is_file()]
                for file in files:
                    relative = file.relative_to(ROOT)
                    if ignored(relative):
                        continue
                    to = folder / target / relative.name if target == "./" else folder / relative
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(file, to)
    check(stages[-1] == "scratch" and user == "65534:65534", "the image is from scratch, and not of root")
    metadata = run(["cargo", "metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"],
                   cwd=folder, expect=[0])
    targets = json.loads(metadata.stdout)["packages"][0]["targets"]
    check("exlint" in {target["name"] for target in targets if "bin" in target["kind"]}, "no program")
    included = set(files_in_the_program())
    check(len(included) > 100, f"only {len(included)} files are built into the program")
    lost = sorted(str(file) for file in included if not (folder / file).exists())
    check(not lost, f"the build needs files that are not copied: {lost}")
    print("Dockerfile: what it copies is a package for cargo; pinned, not root")

    linked = run(["ldd", exlint]).stdout
    static = "not a dynamic" in linked or "statically" in linked
    if os.geteuid() != 0 or not static or pathlib.Path(exlint).read_bytes()[:4] != b"\x7fELF":
        print("Dockerfile: this build is not static, so it was not run in an empty root")
        return
    root = place / "root"
    tools.fixture("contoso", root / "data")
    shutil.copy(exlint, root / "exlint")
    done = run([shutil.which("chroot"), "--userspec=65534:65534", root, "/exlint", "/data"], env={})
    check(done.returncode == 1 and "FU005" in done.stdout, f"in an empty root\n{done.stdout}")
    print("Dockerfile: the program alone, as nobody, in an empty root: checks")
