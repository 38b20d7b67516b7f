"""What rpm would refuse, were it not told to leave dependencies alone: packages that exclude each other."""
from __future__ import annotations

from typing import List

from newroot.cli import note
from newroot.errors import CommandError
from newroot.repository import RpmFile
from newroot.scriptlets import package_name


def check(root: str, files: List[RpmFile], justdb: bool) -> None:
    """Raises CommandError when packages about to be installed conflict with others or with each other, as dnf does.

    A package that is only registered counts like an installed one. To register one (`justdb`) next to a package that
    it conflicts with is only remarked upon: none of its files can be in the other's way, and `install_binary` must
    be able to take a file of either. What an install erases because it obsoletes it is remarked upon, too.
    """
    import rpm

    transaction = rpm.TransactionSet(root)
    # Signatures are verified by other means.
    transaction.setVSFlags(-1)
    try:
        headers = [add(transaction, file.path, "i" if justdb else "u") for file in files]
        transaction.check()
        elements = list(transaction)
        kinds = {rpm.RPMPROB_CONFLICT: "conflicts with", rpm.RPMPROB_OBSOLETES: "is obsoleted by"}
        problems = dropped(headers, {element.NEVRA() for element in elements}) + [
            describe(transaction, headers, problem, kinds[problem.type])
            for problem in transaction.problems() if problem.type in kinds
        ]
    finally:
        transaction.closeDB()
    if problems and not justdb:
        raise CommandError("; ".join(dict.fromkeys(problems)))
    for problem in dict.fromkeys(problems):
        note(f"registered all the same: {problem}")
    names = {file.name for file in files}
    for element in elements:
        if element.Type() == rpm.TR_REMOVED and element.N() not in names:
            note(f"{element.NEVRA()} is erased: {' '.join(obsoleting(headers, element.N()))} obsoletes it")


def add(transaction, path: str, how: str):
    with open(path, "rb") as file:
        header = transaction.hdrFromFdno(file.fileno())
    transaction.addInstall(header, path, how)
    return header


def dropped(headers: list, kept: set) -> List[str]:
    """rpm leaves out what another package of the same transaction obsoletes, without a word."""
    return [
        f"{header['nevra']} is obsoleted by {' '.join(obsoleting(headers, header['name']))}, and both are to be "
        "installed: leave one of them out"
        for header in headers if header["nevra"] not in kept
    ]


def obsoleting(headers: list, name: str) -> List[str]:
    return [header["nevra"] for header in headers if name in header["obsoletename"]]


def describe(transaction, headers: list, problem, relation: str) -> str:
    """Names both packages. rpm names the new one, the one that has the tag, and what the tag says."""
    new, other = problem.pkgNEVR, problem.altNEVR
    added = {header["nevra"]: header["providename"] for header in headers}
    if other == new:
        capability = problem._str.split()[0]
        among_added = [nevra for nevra, provides in added.items() if capability in provides and nevra != new]
        present = [header["nevra"] for header in transaction.dbMatch("providename", capability)]
        # Both can be: the old version of a package that is upgraded is there until then.
        other = next(iter(among_added + present), problem._str)
    if other in added:
        return f"{new} {relation} {other}, and both are to be installed: leave one of them out"
    return f"{new} {relation} {other}, which is in the newroot's database: remove_package {package_name(other)} first"
