"""The pool of Node processes, with real processes and without LocalStack's server.

    LAMBDA_NODE=… ~/.cache/localstack-host/venv/bin/python -m unittest discover places/localstack/plugin/tests
"""

import json
import os
import signal
import tempfile
import threading
import types
import unittest
from pathlib import Path

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack_node_process.executor import ProcessPool, ProcessRuntimeExecutor

HANDLER = """
export const handler = async (event, context) => {
  if (event.fail) throw new RangeError(event.fail);
  if (event.hang) await new Promise((done) => setTimeout(done, 60_000));
  if (event.exit) process.exit(7);
  console.log('seen', event.n);
  return { n: event.n, pid: process.pid, name: context.functionName };
};
"""
ENVIRONMENT = {"_HANDLER": "index.handler", "AWS_LAMBDA_FUNCTION_NAME": "counter"}
ARN = "arn:aws:lambda:us-east-1:000000000000:function:counter"


class ExecutorTest(unittest.TestCase):
    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self._executors: list[ProcessRuntimeExecutor] = []

    def tearDown(self) -> None:
        for executor in self._executors:
            ProcessRuntimeExecutor.cleanup_version(executor.function_version)

    def version(self, source: str = HANDLER, timeout_seconds: int = 5) -> types.SimpleNamespace:
        Path(self._folder.name, "index.mjs").write_text(source)
        code = types.SimpleNamespace(get_unzipped_code_location=lambda: self._folder.name)
        config = types.SimpleNamespace(
            code=code, memory_size=128, timeout=timeout_seconds, internal_revision=self.id()
        )
        return types.SimpleNamespace(
            config=config, qualified_arn=ARN, id=types.SimpleNamespace(qualifier="$LATEST")
        )

    def executor(self, **options) -> ProcessRuntimeExecutor:
        executor = ProcessRuntimeExecutor("environment", self.version(**options))
        executor.start(ENVIRONMENT)
        self._executors.append(executor)
        return executor

    def invoke(self, executor: ProcessRuntimeExecutor, event: dict):
        return executor.invoke(
            {"invoke-id": "id-1", "invoked-function-arn": ARN, "payload": json.dumps(event)}
        )

    def answer(self, executor: ProcessRuntimeExecutor, event: dict) -> dict:
        result = self.invoke(executor, event)
        self.assertFalse(result.is_error, result.payload)
        return json.loads(result.payload)

    def test_a_warm_process_answers_again_and_its_log_is_returned(self):
        executor = self.executor()
        first = self.answer(executor, {"n": 1})
        second = self.invoke(executor, {"n": 2})
        self.assertEqual(first["name"], "counter")
        self.assertEqual(json.loads(second.payload)["pid"], first["pid"])
        self.assertIn("START RequestId: id-1", second.logs)
        self.assertIn("REPORT RequestId: id-1", second.logs)

    def test_an_error_names_its_type_and_keeps_the_process(self):
        executor = self.executor()
        first = self.answer(executor, {"n": 1})
        failed = self.invoke(executor, {"fail": "too far"})
        self.assertTrue(failed.is_error)
        self.assertEqual(json.loads(failed.payload)["errorType"], "RangeError")
        self.assertEqual(self.answer(executor, {"n": 2})["pid"], first["pid"])

    def test_a_timeout_ends_the_process(self):
        executor = self.executor(timeout_seconds=1)
        first = self.answer(executor, {"n": 1})
        late = self.invoke(executor, {"hang": True})
        self.assertIn("Task timed out after 1.00 seconds", json.loads(late.payload)["errorMessage"])
        self.assertNotEqual(self.answer(executor, {"n": 2})["pid"], first["pid"])

    def test_a_process_that_exits_or_is_killed_is_an_error_and_replaced(self):
        executor = self.executor()
        self.assertEqual(
            json.loads(self.invoke(executor, {"exit": True}).payload)["errorType"], "Runtime.ExitError"
        )
        pid = self.answer(executor, {"n": 1})["pid"]
        os.kill(pid, signal.SIGKILL)
        replaced = self.invoke(executor, {"n": 2})
        if replaced.is_error:  # It was handed out before its death was noticed: the event is retried, as on AWS.
            replaced = self.invoke(executor, {"n": 2})
        self.assertNotEqual(json.loads(replaced.payload)["pid"], pid)

    def test_a_module_that_cannot_be_loaded_fails_the_invocation(self):
        with self.assertRaises(StatusErrorException):
            self.invoke(self.executor(source="throw new Error('no configuration');"), {"n": 1})

    def test_events_beyond_the_pool_wait_for_their_turn(self):
        executor = self.executor()
        answers: list[dict] = []
        threads = [
            threading.Thread(target=lambda n=n: answers.append(self.answer(executor, {"n": n})))
            for n in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answer["n"] for answer in answers), list(range(12)))
        self.assertLessEqual(len({answer["pid"] for answer in answers}), 4)

    def test_a_process_that_was_busy_when_its_version_went_is_ended(self):
        pool = ProcessPool(self.version())
        process = pool.acquire(ENVIRONMENT)
        pool.stop()
        self.assertTrue(process.alive())
        pool.release(process)
        self.assertFalse(process.alive())


if __name__ == "__main__":
    unittest.main()
