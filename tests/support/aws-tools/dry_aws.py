"""Checks commands of the AWS command line, as that does before it sends anything. Nothing is sent.

Standard input has the arguments of one command per line, as a JSON list; standard output says for each in the same order
what is wrong, or nothing. Version 1 of the command line has this as `--generate-cli-skeleton output`, but refuses answers
that it made itself, and leaves out waiters.
"""

import contextlib
import io
import json
import sys

from awscli import clidriver
from awscli.botocore.utils import ArgumentGenerator
from awscli.botocore.validate import ParamValidator
from awscli.customizations.sessionmanager import StartSessionCaller
from awscli.customizations.waiters import WaiterCaller

# A word in the place of a value may be shorter than the value.
ABOUT_VALUES = ("invalid length", "invalid range")


def check(operation, parameters):
    if operation.input_shape is None:
        return
    errors = ParamValidator().validate(parameters, operation.input_shape)
    errors._errors = [error for error in errors._errors if error[0] not in ABOUT_VALUES]
    if errors.has_errors():
        raise ValueError(errors.generate_report())


def answer(caller, client, operation_name, parameters, parsed_globals):
    operation = client.meta.service_model.operation_model(operation_name)
    check(operation, parameters)
    if operation.output_shape is None:
        return {}
    return ArgumentGenerator(use_member_names=True).generate_skeleton(operation.output_shape)


def only_check(caller, service_name, operation_name, parameters, parsed_globals):
    service = caller._session.get_service_model(service_name)
    check(service.operation_model(operation_name), parameters)
    return 0


clidriver.CLIOperationCaller._make_client_call = answer
WaiterCaller.invoke = only_check
# It would ask AWS by itself and start a plugin.
StartSessionCaller.invoke = only_check
driver = clidriver.create_clidriver()

for line in sys.stdin:
    arguments = json.loads(line)
    # The one of them that would do something by itself, with a file that is there.
    if arguments[:2] == ["s3", "cp"]:
        arguments = [*arguments[:2], __file__, *arguments[3:], "--dryrun"]
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        try:
            code = driver.main(arguments)
        except SystemExit as end:
            code = end.code
    print(json.dumps("" if code in (0, None) else said.getvalue().strip().split("\n")[-1]))
