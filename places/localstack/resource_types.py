"""Prints, as a JSON list, the CloudFormation resource types this LocalStack really creates.

Any other type is reported as created and is not there. (CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES=0 would refuse supported ones
as well, those of the CDK bootstrap among them: it asks a catalogue that the open edition does not have.) The list is kept
as resource-types.json beside this file, so that `npm test` can compare a stage with it on a machine without LocalStack.

    ~/.cache/localstack-host/venv/bin/python places/localstack/resource_types.py > places/localstack/resource-types.json
"""

import importlib
import json
import pkgutil

import localstack.services
from localstack.services.cloudformation.resource_provider import CloudFormationResourceProviderPlugin


def main() -> None:
    for module in pkgutil.walk_packages(localstack.services.__path__, "localstack.services."):
        if ".resource_providers." in module.name and module.name.endswith("_plugin"):
            importlib.import_module(module.name)
    names = {plugin.name for plugin in CloudFormationResourceProviderPlugin.__subclasses__()}
    print(json.dumps(sorted(names), indent=2))


if __name__ == "__main__":
    main()
