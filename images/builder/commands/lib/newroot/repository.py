"""The builder's repositories, through dnf's own API: configuration, metadata and downloads."""
from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from typing import Dict, List, NamedTuple

from newroot import architecture, record
from newroot.environment import Settings
from newroot.errors import CommandError
from newroot.keys import key_import


PRIMARY_CACHE = "newroot-primary"
"""Solver caches made without file lists remember files as provided by nobody: they must not be mixed with others."""


class RpmFile(NamedTuple):
    """A downloaded RPM, its checksum compared with the repository's metadata."""

    name: str
    nevra: str
    path: str
    sha256: str
    location: str
    """URL or path that it came from."""


class Repository:
    """One loaded state of the repositories, together with what is installed in the newroot."""

    def __init__(self, settings: Settings, filelists: bool = False) -> None:
        self.settings = settings
        self.dnf = import_dnf()
        self._urls: Dict[str, str] = {}
        self._state = tempfile.mkdtemp(prefix="newroot-dnf-")
        self.base = self._open(filelists)
        self.arches = [self.base.conf.substitutions["arch"], self.base.conf.substitutions["basearch"], "noarch"]

    def __enter__(self) -> "Repository":
        return self

    def __exit__(self, *_error: object) -> None:
        self.base.close()
        shutil.rmtree(self._state, ignore_errors=True)
        for path in self._urls:
            # A URL has no checksum to see by that what it led to before is not what it leads to now.
            if os.path.exists(path):
                os.unlink(path)

    def available(self):
        """Query of what can be installed in the newroot (no packages of its architecture's second one)."""
        return self.base.sack.query().available().filterm(arch=self.arches)

    def best(self, packages):
        """Of packages with one name the newest; of equal versions the one made for the architecture, then by repository."""
        newest = max(packages)
        same = [package for package in packages if package.evr_eq(newest)]
        return min(same, key=lambda package: (self.arches.index(package.arch), package.repoid))

    def installed(self):
        """Query of what the newroot's database lists."""
        return self.base.sack.query().installed()

    def add_files(self, locations: List[str]) -> list:
        """Packages of RPM files given by path or URL."""
        for location in locations:
            # libdnf would add a line of its own.
            if "://" not in location and not os.path.isfile(location):
                raise CommandError(f"there is no file {location}")
        try:
            packages = self.base.add_remote_rpms(locations, strict=True)
        except (self.dnf.exceptions.Error, OSError) as error:
            raise CommandError(f"cannot read {' '.join(locations)}: {one_line(error)}") from error
        for package, location in zip(packages, locations):
            if package.localPkg() != location and "://" in location:
                self._urls[package.localPkg()] = location
        return packages

    def download(self, packages: list) -> List[RpmFile]:
        """Fetches all packages at once; raises CommandError when one cannot be had or has a wrong checksum."""
        directory = self.settings.download_dir
        paths = [package.localPkg() for package in packages]
        record.remember_downloads(directory, [path for path in paths if os.path.dirname(path) == directory])
        try:
            self.base.download_packages(packages)
        except self.dnf.exceptions.Error as error:
            for package in packages:
                if os.path.exists(package.localPkg()):
                    self._checked(package)
            raise CommandError(f"download failed: {one_line(error)}") from error
        return [self._checked(package) for package in sorted(packages, key=str)]

    def _checked(self, package) -> RpmFile:
        file = checked_file(package)
        return file._replace(location=self._urls.get(file.path, file.location))

    def _open(self, filelists: bool):
        """Everything comes from the builder; of the newroot only the rpm database is looked at."""
        base = base_class(self.dnf, filelists)()
        try:
            conf = base.conf
            conf.read()
            conf.arch = architecture.of(self.settings.newroot)
            conf.ignorearch = True
            conf.substitutions.update_from_etc("/")
            if conf.substitutions.get("releasever") is None:
                del conf.substitutions["releasever"]
            if not filelists:
                conf.cachedir = os.path.join(conf.cachedir, PRIMARY_CACHE)
            conf.installroot = self.settings.newroot
            conf.persistdir = self._state
            # Without it dnf deletes from DOWNLOAD_DIR what a later command could use again.
            conf.keepcache = True
            conf.install_weak_deps = False
            conf.localpkg_gpgcheck = True
            conf.assumeyes = True
            base.read_all_repos()
            self._prepare_repos(base)
            base.fill_sack(load_system_repo=True)
            return base
        except BaseException as error:
            base.close()
            shutil.rmtree(self._state, ignore_errors=True)
            if isinstance(error, (self.dnf.exceptions.Error, OSError)):
                raise CommandError(f"repositories cannot be used: {one_line(error)}") from error
            raise

    def _prepare_repos(self, base) -> None:
        repos = list(base.repos.iter_enabled())
        if not repos:
            raise CommandError(f"no repository is enabled in {' '.join(base.conf.reposdir)}")
        for repo in repos:
            repo.skip_if_unavailable = False
            repo._set_key_import(key_import(self.dnf))
            repo.pkgdir = self.settings.download_dir


def import_dnf():
    try:
        import dnf
        import dnf.callback
        import dnf.exceptions
        import dnf.subject
    except ImportError as error:
        raise CommandError(
            "this builder has no dnf 4 for Python; builders with yum only (Amazon Linux 2) are not supported"
        ) from error
    return dnf


def base_class(dnf, filelists: bool):
    """dnf.Base that parses no file lists unless they are asked for: they are 94 % of the metadata's cost."""

    import hawkey

    class Base(dnf.Base):
        def _add_repo_to_sack(self, repo) -> None:
            repo.load()
            try:
                self._load(repo)
            except hawkey.Exception:
                remove_solver_caches(self.conf.cachedir, repo.id)
                try:
                    self._load(repo)
                except hawkey.Exception as error:
                    raise dnf.exceptions.RepoError(f"metadata of {repo.id} is damaged: {error}") from error

        def _load(self, repo) -> None:
            self._sack.load_repo(
                repo._repo, build_cache=True, load_filelists=filelists, load_presto=False, load_updateinfo=False
            )

    return Base


def remove_solver_caches(directory: str, repo_id: str) -> None:
    """A cache that was cut while it was written would fail every later command."""
    for name in os.listdir(directory):
        if name.startswith(repo_id) and name.endswith((".solv", ".solvx")):
            os.unlink(os.path.join(directory, name))


def checked_file(package) -> RpmFile:
    """dnf compares checksums of what it fetches, but not of files in a repository on disk: do it for all."""
    path = package.localPkg()
    digest = sha256(path)
    if not package._from_cmdline:
        kind, expected = package.returnIdSum()
        actual = digest if kind == "sha256" else file_digest(path, kind)
        if actual != expected:
            raise CommandError(f"{path} is not what the repository describes: its {kind} is {actual}, not {expected}")
    location = path if package._from_cmdline else package.remote_location() or path
    return RpmFile(package.name, str(package), path, digest, location)


def sha256(path: str) -> str:
    return file_digest(path, "sha256")


def file_digest(path: str, kind: str) -> str:
    digest = hashlib.new(kind)
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
