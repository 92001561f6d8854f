#!/usr/bin/env python3
"""Runs the steps of ops/Dockerfile without Docker, as root, and leaves the image's root in FOLDER/image.

usage: build_image.py FOLDER

DOCKERFILE       another file than ops/Dockerfile
DEBIAN_MIRROR    another mirror than this machine's own apt uses
OPS_VERIFY_REUSE 1: Swift's build folder of the run before is used again (minutes less, and no build from nothing)

The image that the stage that builds begins with (swift:…-bookworm) is not pulled. Its stand-in is a Debian root made by
debootstrap, with the packages that the image has, in which this machine's Swift toolchain is mounted: what the steps
need of the image is proven, the image itself is not. Every RUN is run in its own mount and process namespace by chroot.
What is known of the Dockerfile language is what ops/Dockerfile uses; anything else is an error, so that no step is
passed over.

Sources, proxies and checks of dates of this machine's apt hold in the root as well. Package repositories that git's
configuration replaces by a local folder (url.….insteadOf) are mounted, so that this works without a network once the
Debian packages can be had.
"""

import io
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

from dockerfile_parse import DockerfileParser

OPS = pathlib.Path(__file__).resolve().parent.parent
ROOT = OPS.parent
# What the image swift:…-bookworm installs (swiftlang/swift-docker, 6.2/debian/12), and what minbase lacks.
SWIFT_IMAGE_PACKAGES = (
    "binutils,ca-certificates,gcc,git,libcurl4-openssl-dev,libedit-dev,libicu-dev,libncurses-dev,libpython3-dev,"
    "libsqlite3-dev,libstdc++-12-dev,libxml2-dev,pkg-config,tzdata,uuid-dev"
)
TOOLCHAIN_MOUNT = "/opt/swift-toolchain"
# The image of the original deployment guide had about 150 MB; this one must be smaller.
LARGEST_IMAGE = 150e6
# Swift's build folder in the stage that builds.
BUILD_FOLDER = "src/.build"


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


def toolchain():
    swift = shutil.which("swift")
    if not swift:
        raise SystemExit("build_image: there is no swift in PATH, and it is to be mounted into the root")
    return pathlib.Path(swift).resolve().parent.parent


def said_by(*command):
    """The lines that a command prints, none where it fails or is not there."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return []


def debian_sources():
    """(mirror, suite) of this machine's apt for bookworm, else Debian's own."""
    named = os.environ.get("DEBIAN_MIRROR")
    if named:
        return [(named, "bookworm")]
    listing = said_by("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
    targets = [line.split() for line in listing]
    found = [
        (uri.rstrip("/"), suite)
        for uri, suite, component in (target for target in targets if len(target) == 3)
        if suite in ("bookworm", "bookworm-updates", "bookworm-security") and component == "main"
    ]
    if any(suite == "bookworm" for _, suite in found):
        return sorted(set(found), key=lambda source: source[1])
    return [
        ("http://deb.debian.org/debian", "bookworm"),
        ("http://deb.debian.org/debian-security", "bookworm-security"),
    ]


def apt_settings():
    """Proxies and checks of dates, as this machine's apt has them."""
    wanted = r"Acquire::(https?::proxy|check-valid-until|check-date)\b.*"
    return [line for line in said_by("apt-config", "dump") if re.fullmatch(wanted, line, re.IGNORECASE)]


def debian_root(folder):
    """A Debian root, made once and used again."""
    base = folder / "debian"
    done = folder / "debian.packages"
    if not done.exists() or done.read_text() != SWIFT_IMAGE_PACKAGES:
        if base.exists():
            run("rm", "-rf", "--one-file-system", base)
        mirror = next(uri for uri, suite in debian_sources() if suite == "bookworm")
        print("build_image: debootstrap bookworm", flush=True)
        environment = dict(os.environ)
        for line in apt_settings():
            match = re.fullmatch(r'Acquire::(https?)::proxy "(.+)";', line, re.IGNORECASE)
            if match and match[2] != "DIRECT":
                environment.setdefault(f"{match[1].lower()}_proxy", match[2])
        log = folder / "debootstrap.log"
        command = ["debootstrap", "--variant=minbase", f"--include={SWIFT_IMAGE_PACKAGES}", "bookworm", base, mirror]
        with log.open("w") as output:
            try:
                run(*command, env=environment, stdout=output, stderr=subprocess.STDOUT)
            except subprocess.CalledProcessError:
                tail = "\n".join(log.read_text().splitlines()[-20:])
                raise SystemExit(f"{tail}\nbuild_image: debootstrap failed; its log is {log}") from None
        done.write_text(SWIFT_IMAGE_PACKAGES)
    lines = [f"deb {uri} {suite} main\n" for uri, suite in debian_sources()]
    (base / "etc/apt/sources.list").write_text("".join(lines))
    (base / "etc/apt/apt.conf.d/90build-machine").write_text("".join(f"{line}\n" for line in apt_settings()))
    return base


def swift_version():
    return next((line for line in said_by(toolchain() / "bin/swift", "--version") if "Swift version" in line), "?")


def git_mounts():
    """git's configuration, and local folders that it takes packages from."""
    mounts = [path for path in ("/etc/gitconfig",) if os.path.exists(path)]
    listing = subprocess.run(
        ["git", "config", "--system", "--get-regexp", r"^url\..*\.insteadof$"], capture_output=True, text=True
    )
    for line in listing.stdout.splitlines():
        folder = line.split()[0].removeprefix("url.").removesuffix(".insteadof")
        if folder.startswith("/") and os.path.isdir(folder):
            mounts.append(folder.rstrip("/"))
    return list(dict.fromkeys(mounts))


def ignore_rules():
    rules = []
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            keeps = line.startswith("!")
            pattern = re.escape(line.lstrip("!").strip("/")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            rules.append((re.compile(f"{pattern}(?:/.*)?"), keeps))
    return rules


def context_files():
    """What docker build would send: the folder less .dockerignore, the last rule that fits wins."""
    rules = ignore_rules()
    for folder, subfolders, files in os.walk(ROOT):
        relative = pathlib.Path(folder).relative_to(ROOT)
        # The heavy ones need not be walked through; no rule brings anything back from them.
        subfolders[:] = [name for name in subfolders if str(relative / name) not in (".git", ".build", "data")]
        for name in files:
            path = str(relative / name)
            ignored = False
            for pattern, keeps in rules:
                if pattern.fullmatch(path):
                    ignored = not keeps
            if not ignored:
                yield path


class Stage:
    def __init__(self, name, root, has_swift):
        self.name, self.root, self.has_swift = name, root, has_swift
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        self.working_directory = "/"
        self.shell = ["/bin/sh", "-c"]
        self.config = {
            "user": "0",
            "entrypoint": [],
            "command": [],
            "healthcheck": None,
            "ports": [],
            "stop": "SIGTERM",
        }
        if has_swift:
            self.environment["PATH"] = f"{TOOLCHAIN_MOUNT}/usr/bin:" + self.environment["PATH"]

    def inside(self, path):
        """Where a path of the image is on this machine."""
        return self.root / os.path.join(self.working_directory, path).lstrip("/")

    def run(self, command):
        mounts = ["mount --bind {0} {0}", "mount -t proc proc {0}/proc", "mount --rbind /dev {0}/dev"]
        script = [mount.format(shlex.quote(str(self.root))) for mount in mounts]
        (self.root / "proc").mkdir(exist_ok=True)
        (self.root / "dev").mkdir(exist_ok=True)
        if self.has_swift:
            shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
            pairs = [(toolchain(), f"{TOOLCHAIN_MOUNT}/usr")] + [(path, path) for path in git_mounts()]
            for source, target in pairs:
                place = self.root / str(target).lstrip("/")
                if os.path.isdir(source):
                    place.mkdir(parents=True, exist_ok=True)
                else:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.touch()
                script.append(f"mount --bind {shlex.quote(str(source))} {shlex.quote(str(place))}")
                script.append(f"mount -o remount,bind,ro {shlex.quote(str(place))}")
        environment = [f"{key}={value}" for key, value in self.environment.items()]
        step = f'cd {shlex.quote(self.working_directory)} && exec "$@"'
        script.append(
            shlex.join(
                [
                    "exec",
                    "chroot",
                    str(self.root),
                    "/usr/bin/env",
                    "-i",
                    *environment,
                    "/bin/sh",
                    "-c",
                    step,
                    "step",
                    *self.shell,
                    command,
                ]
            )
        )
        unshare = ["unshare", "--mount", "--pid", "--fork", "--propagation", "private"]
        try:
            run(*unshare, "/bin/sh", "-ec", "\n".join(script))
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"build_image: exit {error.returncode} of RUN {command}") from None


class Build:
    def __init__(self, folder):
        self.folder = folder
        self.arguments = {}
        self.stages = {}
        self.stage = None

    def expand(self, text):
        known = dict(self.arguments, **(self.stage.environment if self.stage else {}))
        return re.sub(r"\$\{(\w+)\}|\$(\w+)", lambda match: known.get(match[1] or match[2], ""), text)

    def begin(self, value):
        image, _, name = self.expand(value).partition(" AS ")
        name = name.strip() or f"stage{len(self.stages)}"
        root = self.folder / f"stage-{name}"
        if root.exists():
            kept = root / BUILD_FOLDER
            if os.environ.get("OPS_VERIFY_REUSE") == "1" and kept.is_dir() and not (self.folder / "build").exists():
                kept.rename(self.folder / "build")
            run("rm", "-rf", "--one-file-system", root)
        image = image.strip()
        if image == "scratch":
            root.mkdir(parents=True)
            self.stage = Stage(name, root, has_swift=False)
        elif re.fullmatch(r"swift:[\w.-]*bookworm", image):
            print(f"build_image: {image} is not pulled. Its stand-in: Debian by debootstrap, and {swift_version()}", flush=True)
            run("cp", "-a", "--reflink=auto", debian_root(self.folder), root)
            self.stage = Stage(name, root, has_swift=True)
            self.use_build_folder_again(root)
        else:
            raise SystemExit(f"build_image: does not know how to make the image {image}")
        self.stages[name] = self.stage

    def use_build_folder_again(self, root):
        kept = self.folder / "build"
        if not kept.exists():
            return
        if os.environ.get("OPS_VERIFY_REUSE") == "1":
            print("build_image: Swift's build folder of the run before is used again (OPS_VERIFY_REUSE=1)", flush=True)
            place = root / BUILD_FOLDER
            place.parent.mkdir(parents=True, exist_ok=True)
            kept.rename(place)
        else:
            run("rm", "-rf", "--one-file-system", kept)

    def copy(self, value):
        parts = shlex.split(value)
        options = [part for part in parts if part.startswith("--")]
        *sources, target = [part for part in parts if not part.startswith("--")]
        place = self.stage.inside(target)
        if options and options[0].startswith("--from="):
            other = self.stages[options.pop(0).removeprefix("--from=")]
            if options:
                raise SystemExit(f"build_image: does not know COPY {options}")
            place.mkdir(parents=True, exist_ok=True)
            for source in sources:
                path = other.root / source.lstrip("/")
                run("cp", "-a", f"{path}/." if path.is_dir() else path, place)
            return
        if options:
            raise SystemExit(f"build_image: does not know COPY {options}")
        for source in sources:
            prefix = "" if source == "." else source.rstrip("/")
            copied = 0
            for path in context_files():
                if prefix and path != prefix and not path.startswith(prefix + "/"):
                    continue
                below = path.removeprefix(prefix).lstrip("/") or os.path.basename(path)
                destination = place / below
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, destination)
                copied += 1
            if not copied:
                raise SystemExit(f"build_image: COPY {source} finds nothing: is it in .dockerignore?")

    def step(self, instruction, value):
        stage = self.stage
        if instruction == "FROM":
            self.begin(value)
        elif instruction == "ARG" and stage is None:
            key, _, default = value.partition("=")
            self.arguments[key] = os.environ.get(key, default)
        elif instruction == "SHELL":
            stage.shell = json.loads(value)
        elif instruction == "RUN":
            stage.run(value)
        elif instruction == "COPY":
            self.copy(value)
        elif instruction == "WORKDIR":
            stage.working_directory = value
            stage.inside("").mkdir(parents=True, exist_ok=True)
        elif instruction == "ENV":
            for pair in shlex.split(value):
                key, _, text = pair.partition("=")
                stage.environment[key] = text
        elif instruction == "USER":
            stage.config["user"] = value
        elif instruction == "EXPOSE":
            stage.config["ports"] = value.split()
        elif instruction == "STOPSIGNAL":
            stage.config["stop"] = value
        elif instruction == "HEALTHCHECK":
            stage.config["healthcheck"] = json.loads(value.split("CMD", 1)[1])
        elif instruction == "ENTRYPOINT":
            stage.config["entrypoint"] = json.loads(value)
        elif instruction == "CMD":
            stage.config["command"] = json.loads(value)
        else:
            raise SystemExit(f"build_image: does not know {instruction}")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    if os.geteuid() != 0:
        raise SystemExit("build_image: chroot and debootstrap need root")
    folder = pathlib.Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    file = os.environ.get("DOCKERFILE", str(OPS / "Dockerfile"))
    parser = DockerfileParser(fileobj=io.BytesIO(pathlib.Path(file).read_bytes()), env_replace=False)
    build = Build(folder)
    for line in parser.structure:
        if line["instruction"] == "COMMENT":
            continue
        print(f"build_image: {line['instruction']} {line['value'][:100]}", flush=True)
        build.step(line["instruction"], line["value"])

    stage = build.stage
    stage.config |= {"environment": stage.environment, "working_directory": stage.working_directory}
    (folder / "image.json").write_text(json.dumps(stage.config, indent=2))
    image = folder / "image"
    if image.exists():
        run("rm", "-rf", "--one-file-system", image)
    stage.root.rename(image)
    report_size(image)


def report_size(image):
    """Says what the image weighs and what of it weighs most; more than the limit is an error."""
    sizes = {path: path.lstat().st_size for path in image.rglob("*") if path.is_file() and not path.is_symlink()}
    total = sum(sizes.values())
    print(f"build_image: the image holds {total / 1e6:.1f} MB in {len(sizes)} files; the largest:")
    for path, size in sorted(sizes.items(), key=lambda one: one[1], reverse=True)[:8]:
        print(f"build_image: {size / 1e6:8.1f} MB  /{path.relative_to(image)}")
    zones = sum(size for path, size in sizes.items() if "zoneinfo" in path.parts)
    print(f"build_image: {zones / 1e6:8.1f} MB  /usr/share/zoneinfo")
    if total > LARGEST_IMAGE:
        raise SystemExit(f"build_image: it should be smaller than {LARGEST_IMAGE / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
