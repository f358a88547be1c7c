"""A door between two processes on loopback that can be shut: refusing, or silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

OPEN, REFUSING, SILENT = "open", "refusing", "silent"


class Gate:
    """A TCP port that passes everything on to another, or does not."""

    def __init__(self, target: int) -> None:
        self._target, self._mode = target, OPEN
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._ends: list[socket.socket] = []
        self._ended = False
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Pass everything on again."""
        if self._mode == REFUSING:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        self._mode = OPEN

    def refuse(self) -> None:
        """Answer as a port on which nobody listens."""
        self._mode = REFUSING
        self._shut()

    def be_silent(self) -> None:
        """Take connections and requests, and say nothing."""
        self._mode = SILENT
        self._drop()

    def close(self) -> None:
        self._ended = True
        self._shut()

    def _shut(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._drop()

    def _drop(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def _accept(self, listener: socket.socket) -> None:
        while not self._ended:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self._ends.append(near)
            if self._mode == SILENT:
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                near.close()
                continue
            self._ends.append(far)
            for ends in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=ends, daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            sink.sendall(part)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def gate(target: int) -> Iterator[Gate]:
    made = Gate(target)
    try:
        yield made
    finally:
        made.close()
