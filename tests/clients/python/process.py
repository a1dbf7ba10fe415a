"""One life of an `assay serve` process on a data directory: started, asked over HTTP, killed or stopped."""

import json
import os
import signal
import subprocess

BIN = os.environ["ASSAY_BIN"]


class Server:
    def __init__(self, data, *flags, kafka="127.0.0.1:0"):
        self.process = subprocess.Popen(
            [BIN, "serve", "--json", "--data-dir", data, "--http-listen", "127.0.0.1:0", "--kafka-listen", kafka,
             "--log", "error", *flags],
            stdout=subprocess.PIPE,
            text=True,
        )
        ready = json.loads(self.process.stdout.readline())
        self.http, self.kafka = ready["http"][0], ready["kafka"][0]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        assert code == 0, f"exit {code}"
