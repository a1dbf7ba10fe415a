"""The README's first session, pasted as a newcomer would: its bash and Python blocks run as written, but for the ports."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from tap import check, done

ROOT = pathlib.Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()
BIN = os.environ["ASSAY_BIN"]


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def session():
    with tempfile.TemporaryDirectory() as data:
        server = subprocess.Popen(
            [BIN, "serve", "--json", "--data-dir", data, "--http-listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0", "--log", "error"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            ready = json.loads(server.stdout.readline())

            def here(text):
                return text.replace("http://localhost:8081", ready["http"][0]).replace("localhost:9092", ready["kafka"][0])

            (bash,) = blocks("bash")
            out = subprocess.run(["bash", "-euo", "pipefail", "-c", here(bash)], capture_output=True, text=True, timeout=60)
            assert out.returncode == 0, out.stderr
            assert '"id":1' in out.stdout and '"is_compatible":false' in out.stdout, out.stdout
            (python,) = blocks("python")
            out = subprocess.run([sys.executable, "-c", here(python)], capture_output=True, text=True, timeout=60)
            lines = out.stdout.strip().splitlines()
            assert len(lines) == 3 and lines[0] == "stored at offset 0", out.stdout + out.stderr
            assert all(line.startswith("refused:") for line in lines[1:]), out.stdout
            shown = re.search(r"```text\n(stored at offset.*?)```", README, re.S).group(1).strip().splitlines()
            assert lines == shown, f"README shows {shown}, we got {lines}"
        finally:
            server.terminate()
            assert server.wait(30) == 0


def demo():
    out = subprocess.run([BIN, "demo"], capture_output=True, text=True, timeout=60)
    shown = re.search(r"```console\n\$ cargo run --release -- demo\n(.*?)```", README, re.S).group(1)

    def plain(text):  # ports and times differ from run to run
        return re.sub(r"[0-9]+", "N", text).split()

    assert out.returncode == 0, out.stderr
    assert plain(out.stdout) == plain(shown), f"README shows\n{shown}\nwe got\n{out.stdout}"


check("README: the first session, pasted", session)
check("README: the demo's output is the one shown", demo)
done()
