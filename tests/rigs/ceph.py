"""A real S3 server: the RADOS Gateway of Ceph over one monitor and one storage daemon that keeps all in memory."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from rigs.processes import Processes, free_ports, require_debian

_PACKAGES = ("ceph-mon", "ceph-osd", "ceph-mgr", "radosgw")
_COMMANDS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool")

_CONF = """\
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon_port}/0
mon initial members = a
public network = 127.0.0.0/8
keyring = {folder}/keyring
run dir = {folder}
admin socket = {folder}/$cluster-$name.asok
pid file = {folder}/$name.pid
log file = {folder}/$name.log
crash dir = {folder}
# One daemon of each kind is the whole cluster.
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 4
osd pool default pg autoscale mode = off
mon max pg per osd = 1000
mon data avail crit = 1
mon data = {folder}/mon
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 6442450944
ms bind ipv6 = false
# Without tcp_nodelay every small write waits 40 ms for the kernel.
rgw frontends = beast endpoint=127.0.0.1:{rgw_port} tcp_nodelay=1
rgw data = {folder}/rgw
# Threads for a handful of clients, not for a data centre.
rgw thread pool size = 32
rgw lc debug interval = -1
"""


@dataclass(frozen=True)
class S3Server:
    """A running S3 server and an account on it."""

    endpoint: str
    access_key: str
    secret_key: str

    @property
    def environment(self) -> dict[str, str]:
        """The AWS variables by which any client finds it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@contextmanager
def running(folder: Path) -> Iterator[S3Server]:
    """Run the server on free ports of the loopback as long as the context lasts.

    Args:
        folder: an empty folder for configuration, sockets and logs; short, a socket's path has 107 bytes at most.
    """
    require_debian(_COMMANDS, _PACKAGES)
    processes = Processes(folder)
    try:
        yield _start(processes, folder)
    finally:
        processes.stop()


def _start(processes: Processes, folder: Path) -> S3Server:
    mon_port, rgw_port = free_ports(2)
    fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
    conf, keyring = folder / "ceph.conf", folder / "keyring"
    conf.write_text(_CONF.format(fsid=fsid, folder=folder, mon_port=mon_port, rgw_port=rgw_port))
    for name in ("mon", "osd", "rgw"):
        (folder / name).mkdir()

    for entity in ("mon.", "client.admin", "osd.0", "client.rgw"):
        caps = [argument for daemon in ("mon", "osd") for argument in ("--cap", daemon, "allow *")]
        create = [] if keyring.exists() else ["--create-keyring"]
        processes.run("setup", ["ceph-authtool", keyring, *create, "--gen-key", "-n", entity, *caps])
    monmap = folder / "monmap"
    address = f"[v2:127.0.0.1:{mon_port}/0]"
    processes.run("setup", ["monmaptool", "--create", "--addv", "a", address, "--fsid", fsid, monmap])
    processes.run("setup", ["ceph-mon", "-c", conf, "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring])
    processes.start("mon", ["ceph-mon", "-c", conf, "-f", "-i", "a"])

    ceph = ["ceph", "-c", str(conf), "--connect-timeout", "60"]
    processes.run("setup", [*ceph, "osd", "new", osd], seconds=90)
    processes.run("setup", ["ceph-osd", "-c", conf, "-i", "0", "--mkfs", "--osd-uuid", osd])
    processes.start("osd", ["ceph-osd", "-c", conf, "-f", "-i", "0"])
    processes.wait_until(
        "the storage daemon is up",
        lambda: json.loads(processes.run("setup", [*ceph, "osd", "stat", "-f", "json"]))["num_up_osds"] == 1,
    )
    access_key, secret_key = uuid.uuid4().hex[:20], uuid.uuid4().hex
    admin = ["radosgw-admin", "-c", conf, "-n", "client.rgw"]
    account = ["--uid", "rig", "--display-name", "rig", "--access-key", access_key, "--secret-key", secret_key]
    processes.run("setup", [*admin, "user", "create", *account], seconds=120)
    processes.start("rgw", ["radosgw", "-c", conf, "-f", "-n", "client.rgw"])
    server = S3Server(f"http://127.0.0.1:{rgw_port}", access_key, secret_key)
    processes.wait_until("the gateway answers", lambda: _answers(server.endpoint))
    return server


def _answers(endpoint: str) -> bool:
    with suppress(URLError, OSError):
        try:
            with urlopen(endpoint, timeout=2):
                return True
        except HTTPError as refusal:
            return refusal.code < 500
    return False
