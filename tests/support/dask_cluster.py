"""A real Dask cluster on loopback, for the length of a block."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from plimsoll.lab.processes import free_port, running, wait_until


@contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[str]:
    """Run a scheduler and workers on loopback, each a process that ends with the block."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    own = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), *own]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, *own]
    worker += ["--nthreads", "1", "--no-nanny", "--death-timeout", "120"]
    with ExitStack() as stack:
        log = folder / "dask.log"
        stack.enter_context(running(scheduler, log=log, folder=folder))
        for number in range(workers):
            place = ["--local-directory", str(folder / f"worker-{number}")]
            stack.enter_context(running([*worker, *place], log=log, folder=folder))
        from distributed import Client

        with Client(address, timeout=60) as client:
            wait_until(
                lambda: len(client.scheduler_info(n_workers=-1)["workers"]) == workers,
                seconds=60,
                what=f"{workers} Dask workers",
            )
        yield address
