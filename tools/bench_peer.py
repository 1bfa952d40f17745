"""A PyTorch process that measures in turns with evax: tools/bench_train_peer.py, tools/bench_pretrain_peer.py."""

import json
import os
import subprocess
import sys


class Peer:
    def __init__(self, script, *arguments):
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), script)
        self.process = subprocess.Popen([sys.executable, path, *arguments], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.name = self.answer()["ready"]

    def answer(self):
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            sys.exit(answer["error"])
        return answer

    def __call__(self, options):
        words = ["run", options.batch, options.threads, options.seconds]
        if getattr(options, "precision", "fp32") == "bf16":
            words.append("bf16")
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.answer()
