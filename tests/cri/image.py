# SPDX-License-Identifier: MIT
"""image.py NAME DIRECTORY [KEY=JSON]...: write an image to stdout, in the format
of `docker save`: the files of DIRECTORY, and a configuration such as
Entrypoint=["/pause"].
"""
import hashlib
import io
import json
import platform
import sys
import tarfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def add(archive, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


name, directory = sys.argv[1:3]
settings = dict(setting.split("=", 1) for setting in sys.argv[3:])
buffer = io.BytesIO()
with tarfile.open(fileobj=buffer, mode="w") as files:
    files.add(directory, arcname=".")
layer = buffer.getvalue()
machine = platform.machine()
config = json.dumps({
    "architecture": ARCHITECTURES.get(machine, machine), "os": "linux",
    "config": {key: json.loads(value) for key, value in settings.items()},
    "rootfs": {"type": "layers", "diff_ids": [
        "sha256:" + hashlib.sha256(layer).hexdigest()]},
}).encode()
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as image:
    add(image, "layer.tar", layer)
    add(image, "config.json", config)
    add(image, "manifest.json", json.dumps([{
        "Config": "config.json", "RepoTags": [name],
        "Layers": ["layer.tar"]}]).encode())
