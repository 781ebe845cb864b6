//! What template.yaml lets the function do.

use std::collections::{BTreeMap, BTreeSet};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// The statements of the function's role.
pub struct Permissions {
    statements: Vec<Statement>,
    parameters: BTreeMap<String, Vec<String>>,
}

struct Statement {
    sid: String,
    /// The condition under which it is there; `None`: always.
    condition: Option<String>,
    actions: BTreeSet<String>,
}

impl Permissions {
    /// Reads the template of this repository.
    pub fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/template.yaml");
        let text = std::fs::read_to_string(path).expect("the template can be read");
        let documents = Yaml::load_from_str(&text).expect("the template is YAML");
        let template = plain(&documents[0]);
        let policies = template["Resources"]["NotifierRole"]["Properties"]["Policies"].as_array().expect("policies");
        let statements = policies.iter().filter_map(|policy| policy["PolicyDocument"]["Statement"].as_array());
        let conditions = template["Conditions"].as_object().expect("conditions");
        Self {
            statements: statements.flatten().map(statement).collect(),
            parameters: conditions.iter().map(|(name, test)| (name.clone(), switches(test))).collect(),
        }
    }

    /// Every action of the statements that are there when these parameters are `true` and all others `false`.
    pub fn with(&self, parameters: &[&str]) -> BTreeSet<String> {
        let is_on = |condition: &str| {
            let switches = self.parameters.get(condition).unwrap_or_else(|| panic!("no condition {condition}"));
            switches.iter().any(|parameter| parameters.contains(&parameter.as_str()))
        };
        let there = self.statements.iter().filter(|statement| match statement.condition.as_deref() {
            None | Some("HasKey") => true,
            Some(condition) => is_on(condition),
        });
        there.flat_map(|statement| statement.actions.clone()).collect()
    }

    /// The actions of one statement.
    pub fn of(&self, sid: &str) -> BTreeSet<String> {
        let statement = self.statements.iter().find(|statement| statement.sid == sid);
        statement.unwrap_or_else(|| panic!("no statement {sid}")).actions.clone()
    }
}

/// A statement, or `!If [condition, statement, !Ref AWS::NoValue]`.
fn statement(written: &Value) -> Statement {
    let (condition, statement) = match &written["!If"] {
        Value::Null => (None, written),
        choice => {
            assert_eq!(choice[2], json!({"!Ref": "AWS::NoValue"}), "{choice}");
            (choice[0].as_str().map(str::to_owned), &choice[1])
        }
    };
    assert_eq!(statement["Effect"], "Allow", "{statement}");
    let actions = match &statement["Action"] {
        Value::Array(actions) => actions.clone(),
        action => vec![action.clone()],
    };
    let actions = actions.iter().map(|action| action.as_str().expect("an action").to_owned());
    Statement { sid: statement["Sid"].as_str().expect("a Sid").to_owned(), condition, actions: actions.collect() }
}

/// The parameters any of which makes a condition hold by being `true`; conditions of another form have none.
fn switches(test: &Value) -> Vec<String> {
    match (&test["!Equals"], &test["!Or"]) {
        (Value::Array(sides), _) if sides[1] == "true" => {
            sides[0]["!Ref"].as_str().map(str::to_owned).into_iter().collect()
        }
        // Over the conditions WatchesX, which are named after their parameters.
        (_, Value::Array(conditions)) => conditions
            .iter()
            .filter_map(|condition| condition["!Condition"].as_str())
            .map(|name| format!("WatchS3Tables{}", name.trim_start_matches("Watches")))
            .collect(),
        _ => Vec::new(),
    }
}

/// A node without its layers; a tag becomes a key: `{"!Ref": "Key"}`.
fn plain(node: &Yaml) -> Value {
    match node {
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Value(Scalar::Integer(number)) => json!(number),
        Yaml::Value(Scalar::Boolean(boolean)) => json!(boolean),
        Yaml::Sequence(nodes) => nodes.iter().map(plain).collect(),
        Yaml::Mapping(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), plain(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Yaml::Tagged(tag, node) => json!({ format!("!{}", tag.suffix): plain(node) }),
        _ => Value::Null,
    }
}
