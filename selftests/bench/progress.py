# SPDX-License-Identifier: GPL-2.0-only
"""
progress - what is running, how far it is, and how long it still takes

A plan is a number of steps and the seconds they are expected to take in all. On a
terminal one line is rewritten; elsewhere (a log) each step has a line.
"""

import sys
import time


def clock(seconds):
    seconds = max(0, int(seconds + 0.5))
    return "%d:%02d" % (seconds // 60, seconds % 60)


class Progress:
    """
    steps, seconds: of the whole plan; done, started: where an earlier process that
    works on the same plan had come to (see carry()).
    """

    def __init__(self, steps, seconds, done=0, spent=0.0, started=None):
        self.steps = steps
        self.seconds = seconds
        self.done = done
        self.spent = spent
        self.started = started or time.time()
        self.expected = 0.0
        self.tty = sys.stderr.isatty()
        self.shown = 0

    def step(self, what, seconds):
        """A step begins that will take about so many seconds."""
        self.finish()
        self.done = min(self.done + 1, self.steps)
        self.expected = seconds
        left = self.seconds - self.spent
        text = "[%s, %d/%d, %s left] %s" % (clock(time.time() - self.started), self.done,
                                            self.steps, clock(left), what)
        if self.tty:
            sys.stderr.write("\r%s%s" % (text, " " * (self.shown - len(text))))
            self.shown = len(text)
        else:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def finish(self):
        """The step that was running is over."""
        self.spent += self.expected
        self.expected = 0.0

    def clear(self):
        """Before anything else is printed on the terminal."""
        if self.tty and self.shown:
            sys.stderr.write("\r%s\r" % (" " * self.shown))
            sys.stderr.flush()
            self.shown = 0

    def carry(self):
        """What another process needs to go on: Progress(**carry())."""
        self.finish()
        return {"steps": self.steps, "seconds": self.seconds, "done": self.done,
                "spent": self.spent, "started": self.started}
