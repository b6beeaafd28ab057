"""A pipe that is ended for its reader."""

import os
import threading
import time

from mhatool.capture.ending import LAST_WORDS_S, end


def test_a_writer_that_never_ends_is_heard_a_little_longer() -> None:
    """What it wrote until then is read, and then nothing more, though it goes on."""
    reading, writing = os.pipe()
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.wait(0.01):
            try:
                os.write(writing, f"{number}\n".encode())
            except BrokenPipeError:
                return
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        heard = os.read(reading, 100)
        began = time.monotonic()
        end(reading)
        while piece := os.read(reading, 100):
            heard += piece
        took = time.monotonic() - began
    finally:
        stop.set()
        writer.join()
        os.close(reading)
        os.close(writing)
    numbers = [int(line) for line in heard.split()]
    assert numbers == list(range(len(numbers)))
    assert LAST_WORDS_S * 0.9 < took < LAST_WORDS_S + 5
