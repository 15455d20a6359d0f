#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run a command on a terminal of its own, and type.

usage: typist.py COMMAND [ARG]...  <SCRIPT

The script has a step a line: `expect TEXT` waits until the terminal shows
TEXT behind what an earlier step expected, `never TEXT` fails if it stands
there; `send KEYS` types, with ^X for control keys and \\n for return;
`foreground NAME` waits until a process called NAME leads the foreground group;
`cooked` until lines are edited, `raw` until they are not; `remember` keeps the
terminal's mode, `unchanged` waits until it is that again; `until COMMAND` waits
until a shell's command succeeds; `resize ROWS COLUMNS`; `hangup` closes the
terminal; `end STATUS` waits for the command's end, 128 + n for signal n.
Everything shown is printed; a step that has not happened in 20 s ends with 1.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

LIMIT = 20.0


class Terminal:
    def __init__(self, command):
        self.shown = b""
        self.mode = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for n in range(1, signal.SIGSYS + 1):  # whoever ignored some
                if n not in (signal.SIGKILL, signal.SIGSTOP):
                    signal.signal(n, signal.SIG_DFL)
            os.execvp(command[0], command)
        self.resize(24, 80)

    def read(self, seconds):
        if self.fd is None:
            time.sleep(seconds)
            return False
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: nobody has it open any more
            data = b""
        sys.stdout.write(data.decode(errors="replace"))
        self.shown += data
        return bool(data)

    def expect(self, text):
        until = time.monotonic() + LIMIT
        while text.encode() not in self.shown:
            if time.monotonic() > until:
                raise SystemExit(f"\ntypist.py: did not see {text!r}")
            self.read(0.05)
        self.shown = self.shown.split(text.encode(), 1)[1]

    def never(self, text):
        while self.read(0):
            pass
        if text.encode() in self.shown:
            raise SystemExit(f"\ntypist.py: did see {text!r}")

    def send(self, keys):
        out = bytearray()
        text = keys.replace("\\n", "\r")
        i = 0
        while i < len(text):
            if text[i] == "^" and i + 1 < len(text):
                i += 1
                out.append(ord(text[i].upper()) & 0x1F)
            else:
                out += text[i].encode()
            i += 1
        os.write(self.fd, bytes(out))

    def wait_for(self, what, happened):
        until = time.monotonic() + LIMIT
        while not happened():
            if time.monotonic() > until:
                raise SystemExit(f"\ntypist.py: not {what}")
            self.read(0.02)

    def foreground(self, name):
        def leads():
            try:
                group = os.tcgetpgrp(self.fd)
                with open(f"/proc/{group}/comm", encoding="utf-8") as comm:
                    return comm.read().strip() == name
            except OSError:
                return False

        self.wait_for(f"in the foreground: {name}", leads)

    def edits_lines(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ICANON)

    def cooked(self, _):
        self.wait_for("cooked", self.edits_lines)

    def raw(self, _):
        self.wait_for("raw", lambda: not self.edits_lines())

    def remember(self, _):
        self.mode = termios.tcgetattr(self.fd)

    def unchanged(self, _):
        self.wait_for(
            "as before", lambda: termios.tcgetattr(self.fd) == self.mode
        )

    def until(self, command):
        def succeeds():
            try:
                return not subprocess.call(
                    ["sh", "-c", command],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except BlockingIOError:  # no process left, for a moment
                return False

        self.wait_for(f"so: {command}", succeeds)

    def resize(self, rows, columns):
        size = struct.pack("HHHH", int(rows), int(columns), 0, 0)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, size)

    def hangup(self, _):
        os.close(self.fd)
        self.fd = None

    def end(self, status):
        until = time.monotonic() + LIMIT
        while True:
            pid, wstatus = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > until:
                os.kill(self.pid, signal.SIGKILL)
                raise SystemExit("\ntypist.py: the command did not end")
            self.read(0.05)
        while self.fd is not None and self.read(0):
            pass
        code = os.waitstatus_to_exitcode(wstatus)
        code = 128 - code if code < 0 else code
        if code != int(status):
            raise SystemExit(f"\ntypist.py: ended with {code}, not {status}")


def main():
    terminal = Terminal(sys.argv[1:])
    for line in sys.stdin.read().splitlines():
        verb, _, rest = line.strip().partition(" ")
        if not verb or verb.startswith("#"):
            continue
        if verb == "resize":
            terminal.resize(*rest.split())
        else:
            getattr(terminal, verb)(rest)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
