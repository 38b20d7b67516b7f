"""A small signed repository of synthetic packages: `real_fixture.py DIRECTORY` makes it, with rpmbuild, gcc, gpg and
createrepo_c.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from typing import Dict, List

LIB = "/usr/lib64"
PREAMBLE = """
    Name: fixture
    Version: 1
    Release: 1
    Summary: fixture
    License: none
    %define debug_package %{nil}
    %define _build_id_links none
    %define __strip /bin/true
    %define __brp_compress /bin/true
    %description
    fixture
    %install
    cp -a %{tree}/. %{buildroot}/
"""

PACKAGES: Dict[str, Dict[str, object]] = {
    "filesystem": {"files": ["/bin", "/sbin", "/lib", "/lib64", "%dir /etc", "%dir /dev", "%dir /run", "%dir /tmp", "%dir /var/log"]},
    "glibc": {"files": [f"{LIB}/ld-linux-x86-64.so.2", f"{LIB}/libc.so.6", "/usr/sbin/ldconfig", "%config /etc/ld.so.conf"],
              "head": "Provides: rtld(GNU_HASH)"},
    "libone": {"files": [f"{LIB}/libone.so.1"]},
    "libone-other": {"files": [f"{LIB}/other/libone.so.1"]},
    "libprivate": {"files": [f"{LIB}/private/libprivate.so.1"]},
    "private-user": {"files": ["/usr/bin/private-user"]},
    "private-stranger": {"files": ["/usr/bin/private-stranger"]},
    "tool-17-extra": {"files": ["/usr/share/tool-17-extra"]},
    "libtwo": {"files": [f"{LIB}/libtwo.so.2"]},
    "one": {"files": ["/usr/bin/one"], "head": "Requires: data"},
    "data": {"files": ["/usr/share/data/file"], "head": "BuildArch: noarch"},
    "data-user": {"files": ["/usr/share/data/user"], "head": "Requires: /usr/share/data/file"},
    "suid": {"files": ["%attr(4755,root,root) /usr/bin/suid"]},
    "orphan": {"files": ["/usr/share/orphan"], "head": "Requires: libnobody.so.9()(64bit)"},
    "bash": {"files": ["/usr/bin/bash", "/usr/bin/sh"], "head": "Provides: /bin/sh"},
    "bash-completion": {"files": ["/usr/share/bash-completion"]},
    "ncurses-base": {"files": ["/usr/share/terminfo"]},
    "app": {"files": ["/usr/share/app"], "head": "Requires: dep"},
    "dep": {"files": ["/usr/share/dep"], "head": "Requires: deepdep"},
    "deepdep": {"files": ["/usr/share/deepdep"]},
    "documented": {"files": ["/usr/share/doc/documented/README", "/usr/share/doc/documented/LICENSE"]},
    "scripted": {
        "files": ["/usr/share/scripted"],
        "post": "grep -q root /etc/hello && echo fine >/dev/null\nmkdir -p /var/lib/scripted",
        "pre": "echo root >/etc/hello",
    },
    "chosen": {
        "files": ["/usr/bin/chosen-1"],
        "post": "update-alternatives --install /usr/bin/chosen chosen /usr/bin/chosen-1 10 "
                "--slave /usr/bin/chosen-more chosen-more /usr/bin/chosen-more-1",
        "postun": "update-alternatives --remove chosen /usr/bin/chosen-1",
    },
    "thin": {"files": ["/usr/bin/thin"]},
    "single": {"files": ["%attr(755,root,root) /usr/bin/copy", "%attr(755,root,root) /etc/hourly", "/usr/share/single"], "head": "AutoReq: no"},
    "again": {"files": ["%attr(755,root,root) /usr/bin/again"], "head": "AutoReq: no"},
    "moved": {"files": ["/usr/share/moved"]},
    "old": {"files": ["/usr/share/old"]},
    "replacement": {"files": ["/usr/share/replacement"], "head": "Obsoletes: old"},
    "fetch": {"files": ["/usr/bin/fetch"], "head": "Conflicts: fetch-minimal"},
    "fetch-minimal": {"files": ["/usr/bin/fetch-minimal"], "head": "Provides: fetcher = 1"},
    "fetch-tiny": {"files": ["/usr/bin/fetch-tiny"], "head": "Conflicts: fetcher < 2"},
    "epochal": {"files": ["/usr/share/epochal"], "head": "Epoch: 3"},
    "mkfs-one": {"files": ["/usr/sbin/mkfs.one", "/usr/sbin/mkfs.both", "%dir /usr/sbin/mkfs.dir"]},
    "mkfs-two": {"files": ["/usr/sbin/mkfs.two", "/usr/sbin/mkfs.both"]},
    "mkfs-dirs": {"files": ["%dir /usr/sbin/mkfs.dir", "/usr/sbin/mkfs.dir/mkfs.deep"]},
    "modules-one": {"files": ["/usr/share/modules/one.mod", "/usr/share/modules/deep/two.mod"]},
    "modules-two": {"files": ["/usr/share/modules/three.mod"]},
    "modules-links": {"files": ["/usr/share/modules/alias.mod", "/usr/share/modules/stray.mod"]},
    "hangs": {"files": ["/usr/share/hangs"], "post": "sleep 987654"},
    "talks": {"files": ["/usr/share/talks"], "post": "echo FATAL: cannot write\nexit 0"},
    "badpost": {"files": ["/usr/share/badpost"], "post": "exit 3"},
    "badtool": {"files": ["/usr/share/badtool"], "post": "nosuchtool --option\ntrue"},
    "badpre": {"files": ["/usr/share/badpre"], "pre": "exit 1"},
    "notifier": {"files": ["/usr/share/notifier"], "more": "%transfiletriggerin -n notifier -- /usr/share/noticed\nnosuchtool"},
    "noticed": {"files": ["/usr/share/noticed/file"]},
}

NEWER: Dict[str, Dict[str, object]] = {
    "moved": {"files": ["/usr/share/moved"], "head": "Version: 2\nBuildArch: noarch"},
}
"""A second version of packages, in files named `NAME-2.rpm`."""


def make(directory: str) -> None:
    """Fills `directory` with `repo/` (signed RPMs and metadata), `unsigned/`, `key.asc`, and a key of somebody else's.

    `partly-unsigned/` is the same repository with one package that nobody signed.
    """
    tree = os.path.join(directory, "tree")
    make_tree(directory, tree)
    unsigned = os.path.join(directory, "unsigned")
    for packages, file_name in ((PACKAGES, "%%{NAME}.rpm"), (NEWER, "%%{NAME}-%%{VERSION}.rpm")):
        spec = os.path.join(directory, "fixture.spec")
        write(spec, textwrap.dedent(PREAMBLE) + "".join(subpackage(name, **parts) for name, parts in packages.items()))
        run(["rpmbuild", "-bb", "--quiet", "--define", f"_rpmdir {unsigned}", "--define", f"tree {tree}",
             "--define", "_unpackaged_files_terminate_build 0",
             "--define", f"_topdir {directory}/top", "--define", f"_build_name_fmt {file_name}", spec])
    make_key(directory)
    repo = os.path.join(directory, "repo")
    run(["cp", "-a", unsigned, repo])
    run(["rpmsign", "--define", f"_gpg_path {directory}/gnupg", "--define", "_gpg_name fixture",
         "--define", "__gpg /usr/bin/gpg", "--addsign",
         *(os.path.join(repo, name) for name in sorted(os.listdir(repo)))], directory)
    partly = os.path.join(directory, "partly-unsigned")
    run(["cp", "-a", repo, partly])
    shutil.copy(os.path.join(unsigned, "dep.rpm"), os.path.join(partly, "dep.rpm"))
    for place in (repo, partly):
        describe(directory, place)
    make_key(os.path.join(directory, "other"))


def describe(directory: str, repo: str) -> None:
    """Makes and signs a repository's metadata."""
    run(["createrepo_c", "--quiet", repo])
    run(["gpg", "--batch", "--yes", "--detach-sign", "--armor", f"{repo}/repodata/repomd.xml"], directory)


def subpackage(name: str, files: List[str], head: str = "", more: str = "", **scripts: str) -> str:
    text = f"\n%package -n {name}\nSummary: {name}\n{head}\n%description -n {name}\n{name}\n%files -n {name}\n"
    text += "\n".join(files) + "\n"
    return text + "".join(f"%{kind} -n {name}\n{script}\n" for kind, script in scripts.items()) + f"{more}\n"


def make_tree(directory: str, tree: str) -> None:
    for place in ("usr/bin", "usr/sbin", "usr/lib", f"{LIB[1:]}/other", f"{LIB[1:]}/private",
                  "usr/share/data", "usr/share/doc/documented",
                  "etc", "dev", "run", "tmp", "var/log"):
        os.makedirs(os.path.join(tree, place))
    for link in ("bin", "sbin", "lib", "lib64"):
        os.symlink(f"usr/{link}", os.path.join(tree, link))
    for source, place in (("/lib64/ld-linux-x86-64.so.2", LIB), ("/lib/x86_64-linux-gnu/libc.so.6", LIB),
                          ("/sbin/ldconfig", "/usr/sbin"), ("/usr/bin/dash", "/usr/bin/bash")):
        run(["cp", "-L", source, tree + place])
    os.symlink("bash", f"{tree}/usr/bin/sh")
    os.makedirs(f"{tree}/usr/share/modules")
    os.symlink("one.mod", f"{tree}/usr/share/modules/alias.mod")
    os.symlink("../nowhere", f"{tree}/usr/share/modules/stray.mod")
    compile_library(directory, tree + LIB, "libtwo.so.2", "int two(void){return 2;}", [])
    compile_library(directory, tree + LIB, "libone.so.1", "int two(void);int one(void){return two()-1;}",
                    [f"{tree}{LIB}/libtwo.so.2"])
    run(["cp", f"{tree}{LIB}/libone.so.1", f"{tree}{LIB}/other/"])
    for program in ("one", "suid", "thin"):
        source = write(f"{directory}/{program}.c", "int one(void);int main(void){return one()-1;}")
        # thin has libtwo only through libone.
        linking = "--as-needed" if program == "thin" else "--no-as-needed"
        run(["gcc", "-o", f"{tree}/usr/bin/{program}", source, f"-Wl,{linking}", f"{tree}{LIB}/libone.so.1",
             f"{tree}{LIB}/libtwo.so.2"])
    compile_library(directory, f"{tree}{LIB}/private", "libprivate.so.1", "int hidden(void){return 0;}", [])
    for program, runpath in (("private-user", [f"-Wl,-rpath,{LIB}/private"]), ("private-stranger", [])):
        source = write(f"{directory}/{program}.c", "int hidden(void);int main(void){return hidden();}")
        run(["gcc", "-o", f"{tree}/usr/bin/{program}", source, f"{tree}{LIB}/private/libprivate.so.1", *runpath])
    write(f"{tree}/etc/ld.so.conf", "/lib64\n")
    for script in ("usr/bin/copy", "etc/hourly"):
        write(f"{tree}/{script}", "#!/usr/bin/one --as=copy\n")
    write(f"{tree}/usr/bin/again", "#!/usr/bin/copy\n")
    for name, parts in PACKAGES.items():
        for path in parts["files"]:
            kind, path = path.split()[0], tree + path.split()[-1]
            os.makedirs(path if kind == "%dir" else os.path.dirname(path), exist_ok=True)
            if not os.path.lexists(path):
                write(path, name + "\n")


def compile_library(directory: str, place: str, soname: str, code: str, needs: List[str]) -> None:
    source = write(f"{directory}/{soname}.c", code)
    run(["gcc", "-shared", "-fPIC", f"-Wl,-soname,{soname}", "-o", f"{place}/{soname}", source, *needs])


def make_key(directory: str) -> None:
    os.makedirs(f"{directory}/gnupg", 0o700)
    run(["gpg", "--batch", "--passphrase", "", "--quick-generate-key", "fixture", "rsa2048", "sign", "never"], directory)
    run(["gpg", "--batch", "--armor", "--output", f"{directory}/key.asc", "--export", "fixture"], directory)


def write(path: str, content: str) -> str:
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)
    return path


def run(argv: List[str], directory: str = "") -> None:
    environment = {**os.environ, **({"GNUPGHOME": f"{directory}/gnupg"} if directory else {})}
    result = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{argv} failed:\n{result.stdout}{result.stderr}")


if __name__ == "__main__":
    make(sys.argv[1])
