#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run a command on a new terminal and type into it, as a script says.

usage: typist.py COMMAND [ARG]...  <SCRIPT

Each line of the script is a step:

    expect TEXT      wait until TEXT is shown, after the text expected before
    never TEXT       fail if TEXT is shown there
    send KEYS        type; ^X is a control key, \\n is return
    foreground NAME  wait until a process called NAME leads the foreground group
    cooked           wait until the terminal is in canonical mode
    raw              wait until it is not
    remember         store the terminal's mode
    unchanged        wait until the terminal is in that mode
    until COMMAND    wait until this shell command succeeds
    resize ROWS COLUMNS
    hangup           close the terminal
    end STATUS       wait until the command exits, with 128 + n for signal n

Everything that is shown is printed.  typist.py exits with 1 if a step has not
succeeded after 20 seconds.
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

TIMEOUT = 20.0


class Terminal:
    def __init__(self, command):
        self.shown = b""
        self.mode = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for n in range(1, signal.SIGSYS + 1):  # some may be ignored
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
        except OSError:  # EIO: no process has it open any more
            data = b""
        sys.stdout.write(data.decode(errors="replace"))
        self.shown += data
        return bool(data)

    def expect(self, text):
        deadline = time.monotonic() + TIMEOUT
        while text.encode() not in self.shown:
            if time.monotonic() > deadline:
                raise SystemExit(f"\ntypist.py: timed out waiting for {text!r}")
            self.read(0.05)
        self.shown = self.shown.split(text.encode(), 1)[1]

    def never(self, text):
        while self.read(0):
            pass
        if text.encode() in self.shown:
            raise SystemExit(f"\ntypist.py: unexpected: {text!r}")

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

    def wait_for(self, what, condition):
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(f"\ntypist.py: timed out waiting for {what}")
            self.read(0.02)

    def foreground(self, name):
        def leads():
            try:
                group = os.tcgetpgrp(self.fd)
                with open(f"/proc/{group}/comm", encoding="utf-8") as comm:
                    return comm.read().strip() == name
            except OSError:
                return False

        self.wait_for(f"{name} in the foreground", leads)

    def is_canonical(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ICANON)

    def cooked(self, _):
        self.wait_for("canonical mode", self.is_canonical)

    def raw(self, _):
        self.wait_for("raw mode", lambda: not self.is_canonical())

    def remember(self, _):
        self.mode = termios.tcgetattr(self.fd)

    def unchanged(self, _):
        self.wait_for(
            "the remembered mode",
            lambda: termios.tcgetattr(self.fd) == self.mode,
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
            except BlockingIOError:  # no process can be created at the moment
                return False

        self.wait_for(f"success of {command}", succeeds)

    def resize(self, rows, columns):
        size = struct.pack("HHHH", int(rows), int(columns), 0, 0)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, size)

    def hangup(self, _):
        os.close(self.fd)
        self.fd = None

    def end(self, status):
        deadline = time.monotonic() + TIMEOUT
        while True:
            pid, wstatus = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                raise SystemExit("\ntypist.py: the command did not exit")
            self.read(0.05)
        while self.fd is not None and self.read(0):
            pass
        code = os.waitstatus_to_exitcode(wstatus)
        code = 128 - code if code < 0 else code
        if code != int(status):
            raise SystemExit(
                f"\ntypist.py: exited with {code}, expected {status}"
            )


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
