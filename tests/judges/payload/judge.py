"""Google's `protobuf` and Python's `jsonschema` as judges of payloads. One question a line on standard input, one answer a line:
`OK` with a tab and nothing, or `ERROR` with a tab and the error.

    judge.py protobuf   file<TAB>file descriptor in hex<TAB>message     then   payload<TAB>hex
    judge.py json       schema<TAB>schema in hex                        then   payload<TAB>hex
"""
import json
import sys


class Protobuf:
    """Accepts what parses and has its required fields."""

    def __init__(self):
        self.type = None

    def file(self, descriptor, message):
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

        file = descriptor_pb2.FileDescriptorProto.FromString(bytes.fromhex(descriptor))
        pool = descriptor_pool.DescriptorPool()
        pool.Add(file)
        self.type = message_factory.GetMessageClass(pool.FindMessageTypeByName(message))

    def payload(self, payload):
        message = self.type()
        message.ParseFromString(bytes.fromhex(payload))
        if not message.IsInitialized():
            raise ValueError("required fields are missing")


class Json:
    """Accepts what is JSON by RFC 8259 and valid by its schema, formats not looked at."""

    def __init__(self):
        self.validator = None

    def schema(self, schema):
        import jsonschema

        schema = json.loads(bytes.fromhex(schema))
        self.validator = jsonschema.validators.validator_for(schema, default=jsonschema.Draft7Validator)(schema)

    def payload(self, payload):
        def refuse(word):
            raise ValueError(f"{word} is not JSON")

        text = bytes.fromhex(payload).decode("utf-8")
        value = json.loads(text, parse_constant=refuse)
        error = next(self.validator.iter_errors(value), None)
        if error is not None:
            raise ValueError(error.message)


def main():
    judge = {"protobuf": Protobuf, "json": Json}[sys.argv[1]]()
    for line in sys.stdin:
        question, *rest = line.rstrip("\n").split("\t")
        try:
            getattr(judge, question)(*rest)
            print("OK\t")
        except Exception as error:  # whatever it is, the payload was refused
            print(f"ERROR\t{type(error).__name__}: {str(error)[:200]!r}")


main()
