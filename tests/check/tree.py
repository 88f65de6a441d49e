"""What the checks share: the files of this tree, and how a finding is told."""
import pathlib
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]


def files(*suffixes):
    """Every file of the project with one of these suffixes (all without any), sorted; works without git, in an unpacked tarball."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True) \
        if (root / ".git").exists() and which_git() else None
    if listed is not None and listed.returncode == 0:
        paths = [root / name for name in listed.stdout.decode().split("\0") if name]
    else:
        skip = {"build", ".git", ".cache", "node_modules", "data", "__pycache__"}
        paths = [p for p in root.rglob("*") if not skip & set(p.relative_to(root).parts)]
    return sorted(p for p in paths if p.is_file() and (not suffixes or p.suffix in suffixes))


def which_git():
    import shutil
    return shutil.which("git")


def finish(check, findings, looked_at):
    """Prints the findings, `path:line: sentence` each, and ends the program."""
    for finding in findings:
        print(finding)
    print(f"{check}: {len(findings)} findings in {looked_at}" if findings else f"{check}: {looked_at} are fine")
    sys.exit(1 if findings else 0)


def place(path, line):
    return f"{path.relative_to(root)}:{line}"
