"""Runs two ranks on two hosts, which are network namespaces here: all that they share is a wire, and the files.

    hosts.py can                  exits with 0 if this process may make namespaces, else says why not
    hosts.py run COMMAND...       mpirun of COMMAND, a rank on each host; its exit code

Everything lies in namespaces of this script, so that it ends with them.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

HOSTS = {"10.99.0.1": "host1", "10.99.0.2": "host2"}
HERE = "10.99.0.254"


def sh(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")


def connect():
    """The hosts and this script on one bridge, in a network of their own."""
    sh("mount", "-t", "tmpfs", "none", "/run")
    sh("ip", "link", "set", "lo", "up")
    sh("ip", "link", "add", "bridge", "type", "bridge")
    sh("ip", "addr", "add", f"{HERE}/24", "dev", "bridge")
    sh("ip", "link", "set", "bridge", "up")
    for address, host in HOSTS.items():
        sh("ip", "netns", "add", host)
        sh("ip", "link", "add", f"to-{host}", "type", "veth", "peer", "name", "wire", "netns", host)
        sh("ip", "link", "set", f"to-{host}", "master", "bridge", "up")
        sh("ip", "-n", host, "addr", "add", f"{address}/24", "dev", "wire")
        sh("ip", "-n", host, "link", "set", "wire", "up")
        sh("ip", "-n", host, "link", "set", "lo", "up")


def run(command):
    connect()
    with tempfile.TemporaryDirectory() as folder:
        # What mpirun starts its helpers with, in place of ssh: AGENT ADDRESS COMMAND...
        agent = pathlib.Path(folder) / "agent"
        names = "\n".join(f"{address}) name={host} ;;" for address, host in HOSTS.items())
        agent.write_text(f'''#!/bin/sh
address=$1; shift
case $address in
{names}
esac
exec unshare --uts sh -c 'hostname "$0" && exec ip netns exec "$0" sh -c "$1"' "$name" "$*"
''')
        agent.chmod(0o755)
        environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        mpirun = ["mpirun", "-np", "2", "--host", ",".join(HOSTS), "--map-by", "node", "--bind-to", "none",
                  "--mca", "plm_rsh_agent", str(agent), "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include",
                  "10.99.0.0/24", "--mca", "oob_tcp_if_include", "10.99.0.0/24", "--mca", "pml", "ob1"]
        return subprocess.run([*mpirun, *command], env=environment, cwd=os.getcwd()).returncode


def inside(*arguments):
    """This script again, in namespaces of its own."""
    return subprocess.run(["unshare", "--net", "--mount", "--uts", sys.executable, __file__, *arguments]).returncode


def main():
    verb, *command = sys.argv[1:]
    if verb == "can":
        sys.exit(inside("try"))
    if verb == "run":
        sys.exit(inside("inside", *command))
    if verb == "try":
        connect()
        sys.exit(0)
    sys.exit(run(command))


if __name__ == "__main__":
    main()
