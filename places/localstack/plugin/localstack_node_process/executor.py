"""Runs Lambda functions as Node processes on this machine.

LocalStack's own executor needs Docker images and a downloaded init binary. This one keeps everything above it
(API Gateway, event source mappings, concurrency accounting, log groups) and replaces only the last step.

LocalStack opens one execution environment for each concurrent invocation, without a limit. Here environments of one
function version share a pool of at most LAMBDA_MAX_PROCESSES (4) processes, each answering one event at a time; a
burst waits its turn instead of starting a hundred processes.

Not reproduced: memory limit (only V8's heap), read-only file system, freezing between invocations, layers, VPC.
"""

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

BOOTSTRAP = Path(__file__).with_name("bootstrap.mjs")
INIT_TIMEOUT_SECONDS = 30.0
LOG_LINES_KEPT = 2_000


class ProcessRuntimeExecutorPlugin(RuntimeExecutorPlugin):
    name = "process"

    def load(self, *args, **kwargs):
        return ProcessRuntimeExecutor


class ProcessDied(Exception):
    """The Node process ended while an answer was awaited."""


class NodeProcess:
    """One Node process with the function loaded. Answers one event at a time."""

    def __init__(self, function_version: FunctionVersion, env_vars: dict[str, str]) -> None:
        node = _node()
        if node is None:
            raise RuntimeError("no node found: set LAMBDA_NODE to a Node 22 or 24 binary")
        code = function_version.config.code.get_unzipped_code_location()
        ours, theirs = socket.socketpair()
        heap_mb = max(64, int(function_version.config.memory_size * 0.9))
        self._logs: list[str] = []
        self._log_lock = threading.Lock()
        self._process = subprocess.Popen(
            # The name is for people and tests that look for one function's processes.
            [
                node,
                "--enable-source-maps",
                f"--max-old-space-size={heap_mb}",
                str(BOOTSTRAP),
                env_vars.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            ],
            cwd=code,
            env={
                "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                "HOME": "/tmp",
                **{key: str(value) for key, value in env_vars.items()},
                "LAMBDA_TASK_ROOT": str(code),
                "LAMBDA_CHANNEL_FD": str(theirs.fileno()),
                "TZ": "UTC",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        self._channel = ours
        self._reader = ours.makefile("rb")
        threading.Thread(target=self._collect_logs, daemon=True).start()
        try:
            answer = self.receive(INIT_TIMEOUT_SECONDS)
        except (ProcessDied, TimeoutError) as error:
            answer = {"error": json.dumps({
                "errorType": "Runtime.ExitError", "errorMessage": f"init failed: {error}",
            })}
        if "error" in answer:
            self.kill()
            raise StatusErrorException("Lambda init failed", payload=answer["error"].encode())

    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: dict) -> None:
        self._channel.settimeout(None)
        self._channel.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, timeout_seconds: float) -> dict:
        self._channel.settimeout(timeout_seconds)
        line = self._reader.readline()
        if not line:
            raise ProcessDied("its channel closed")
        return json.loads(line)

    def take_logs(self) -> str:
        with self._log_lock:
            text, self._logs = "".join(self._logs), []
        return text

    def kill(self) -> None:
        if self.alive():
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._process.wait(timeout=5)
        self._channel.close()

    def _collect_logs(self) -> None:
        for raw in self._process.stdout:
            with self._log_lock:
                self._logs.append(raw.decode(errors="replace"))
                del self._logs[:-LOG_LINES_KEPT]


class ProcessPool:
    """The processes of one function version, started when needed, most recently used first."""

    def __init__(self, function_version: FunctionVersion) -> None:
        self._function_version = function_version
        self._idle: queue.LifoQueue[NodeProcess] = queue.LifoQueue()
        self._slots = threading.Semaphore(int(os.environ.get("LAMBDA_MAX_PROCESSES", "4")))
        self._stopped = threading.Event()

    def acquire(self, env_vars: dict[str, str]) -> NodeProcess:
        self._slots.acquire()
        try:
            while True:
                try:
                    process = self._idle.get_nowait()
                except queue.Empty:
                    return NodeProcess(self._function_version, env_vars)
                if process.alive():
                    return process
                process.kill()
        except BaseException:
            self._slots.release()
            raise

    def release(self, process: NodeProcess) -> None:
        self._idle.put(process)
        self._slots.release()
        if self._stopped.is_set():
            # The version was replaced while this process worked, so nothing else would end it.
            self.stop()

    def stop(self) -> None:
        self._stopped.set()
        while True:
            try:
                self._idle.get_nowait().kill()
            except queue.Empty:
                return


class ProcessRuntimeExecutor(RuntimeExecutor):
    _pools: dict[str, ProcessPool] = {}
    _pools_lock = threading.Lock()

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._env: dict[str, str] = {}

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return "http://127.0.0.1"

    def get_logs(self) -> str:
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        if function_version.config.code:
            function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        with cls._pools_lock:
            pool = cls._pools.pop(_revision(function_version), None)
        if pool:
            pool.stop()

    @classmethod
    def validate_environment(cls) -> bool:
        return _node() is not None

    def start(self, env_vars: dict[str, str]) -> None:
        self._env = env_vars

    def stop(self) -> None:
        """The process belongs to the pool; it ends with the function version or with LocalStack."""

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        with self._pools_lock:
            key = _revision(self.function_version)
            pool = self._pools.setdefault(key, ProcessPool(self.function_version))
        process = pool.acquire(self._env)
        try:
            return self._invoke_on(process, payload)
        finally:
            pool.release(process)

    def _invoke_on(self, process: NodeProcess, payload: dict[str, str]) -> InvocationResult:
        request_id = payload["invoke-id"]
        timeout = float(self.function_version.config.timeout)
        process.take_logs()
        started = time.monotonic()
        try:
            process.send({
                "id": request_id,
                "arn": payload["invoked-function-arn"],
                "traceId": payload.get("trace-id"),
                "deadlineMs": int((time.time() + timeout) * 1000),
                "event": payload["payload"],
            })
            answer = process.receive(timeout)
            is_error, body = "error" in answer, answer.get("error", answer.get("result"))
        except TimeoutError:
            process.kill()
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            is_error, body = True, json.dumps({
                "errorType": "Sandbox.Timedout",
                "errorMessage": f"{stamp} {request_id} Task timed out after {timeout:.2f} seconds",
            })
        except (ProcessDied, OSError) as error:
            process.kill()
            is_error, body = True, json.dumps({
                "errorType": "Runtime.ExitError",
                "errorMessage": f"RequestId: {request_id} Error: Runtime exited: {error}",
            })
        duration_ms = (time.monotonic() - started) * 1000
        logs = (
            f"START RequestId: {request_id} Version: {self.function_version.id.qualifier}\n"
            f"{process.take_logs()}"
            f"END RequestId: {request_id}\n"
            f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\n"
        )
        return InvocationResult(
            request_id=request_id, payload=body.encode(), is_error=is_error, logs=logs
        )


def _revision(function_version: FunctionVersion) -> str:
    return f"{function_version.qualified_arn} {function_version.config.internal_revision}"


def _node() -> str | None:
    return os.environ.get("LAMBDA_NODE") or shutil.which("node")
