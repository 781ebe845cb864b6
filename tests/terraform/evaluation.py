"""What CloudFormation makes of template.yaml with some parameters: conditions are decided, functions evaluated."""

import re

NO_VALUE = object()


class Template:
    """`template` is as cfn-lint decodes it. `references` has what Ref and Fn::GetAtt give, by (name, attribute)."""

    def __init__(self, template, parameters, references):
        self.template = template
        self.references = references
        self.parameters = {
            name: typed(described, parameters.get(name, described.get("Default")))
            for name, described in template["Parameters"].items()
        }
        unknown = set(parameters) - set(self.parameters)
        assert not unknown, f"template.yaml has no parameters {unknown}"

    def resources(self):
        """The properties of every resource that is created, with those that all functions share."""
        return {
            name: self.value(
                merged(self.template["Globals"]["Function"], resource["Properties"])
                if resource["Type"] == "AWS::Serverless::Function"
                else resource["Properties"]
            )
            for name, resource in self.template["Resources"].items()
            if self.holds(resource.get("Condition"))
        }

    def holds(self, condition):
        return condition is None or self.value(self.template["Conditions"][condition])

    def refuses(self):
        """What the rules say about the parameters."""
        return [
            assertion["AssertDescription"]
            for rule in self.template.get("Rules", {}).values()
            if self.value(rule.get("RuleCondition", True))
            for assertion in rule["Assertions"]
            if not self.value(assertion["Assert"])
        ]

    def value(self, node):
        match node:
            case {"Ref": "AWS::NoValue"}:
                return NO_VALUE
            case {"Ref": name} if name in self.parameters:
                return self.parameters[name]
            case {"Ref": name}:
                return self.reference(name, "Ref")
            case {"Fn::GetAtt": [name, attribute]}:
                return self.reference(name, attribute)
            case {"Condition": str(name)} if len(node) == 1:
                return self.holds(name)
            case {"Fn::If": [condition, then, otherwise]}:
                return self.value(then if self.holds(condition) else otherwise)
            case {"Fn::Equals": [left, right]}:
                return self.value(left) == self.value(right)
            case {"Fn::Not": [inner]}:
                return not self.value(inner)
            case {"Fn::And": inner}:
                return all(map(self.value, inner))
            case {"Fn::Or": inner}:
                return any(map(self.value, inner))
            case {"Fn::Join": [separator, parts]}:
                return separator.join(self.value(parts))
            case {"Fn::Split": [separator, text]}:
                return self.value(text).split(separator)
            case {"Fn::Select": [index, parts]}:
                return self.value(parts)[index]
            case {"Fn::FindInMap": [name, *keys]}:
                first, second = map(self.value, keys)
                return self.template["Mappings"][name][first][second]
            case {"Fn::Sub": [str(text), variables]}:
                return self.substituted(text, {name: self.value(value) for name, value in variables.items()})
            case {"Fn::Sub": str(text)}:
                return self.substituted(text, {})
            case dict():
                assert not any(key.startswith("Fn::") for key in node), f"not understood: {node}"
                return {
                    key: value
                    for key, value in ((key, self.value(value)) for key, value in node.items())
                    if value is not NO_VALUE
                }
            case list():
                return [value for value in map(self.value, node) if value is not NO_VALUE]
        return node

    def substituted(self, text, variables):
        def one(match):
            name, _, attribute = match[1].partition(".")
            return str(
                variables[name]
                if name in variables
                else self.value({"Fn::GetAtt": [name, attribute]} if attribute else {"Ref": name})
            )

        return re.sub(r"\$\{([^!}][^}]*)\}", one, text)

    def reference(self, name, attribute):
        assert (name, attribute) in self.references, (
            f"tests/terraform/counterparts.py does not say what {name}.{attribute} of template.yaml is"
        )
        return self.references[name, attribute]


def merged(shared, own):
    """As SAM merges its Globals: maps by their keys, everything else is replaced."""
    if isinstance(shared, dict) and isinstance(own, dict):
        return {key: merged(shared.get(key), own.get(key)) for key in shared | own}
    return shared if own is None else own


def typed(described, value):
    match described["Type"]:
        case "CommaDelimitedList":
            return value.split(",")
        case "Number":
            return int(value)
    return value
