//! What a call asks for, read off the wire.

use axum::body::Bytes;
use axum::http::Request;
use jiff::Timestamp;
use serde_json::Value;
use tidings::domain::Source;

use crate::mishaps::Target;

/// A call.
#[derive(Clone, Debug)]
pub struct Question {
    pub operation: String,
    /// The status API, for calls that ask for the status of subjects.
    pub source: Option<Source>,
    /// The subject that is asked for by its id.
    pub subject: Option<String>,
    /// The table bucket that is asked about, by its name.
    pub bucket: Option<String>,
    /// What tells the call apart from others of the same operation; of a query of the table, the scope.
    pub parameters: String,
    pub write: Option<Write>,
    service: Service,
}

/// Where a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Status,
    Publish,
    Table,
    Queue,
}

/// A write to the state table.
#[derive(Clone, Debug)]
pub struct Write {
    /// The scope, as it is spelled in the key.
    pub scope: String,
    pub item: String,
    pub what: Written,
}

/// What a write changes.
#[derive(Clone, Debug)]
pub enum Written {
    /// Who works on the scope.
    Lease,
    /// The generation alone: a hint.
    Hint,
    /// Who publishes an outbox.
    Claim,
    /// State, with what is news in its order.
    State(Vec<Noted>),
    /// A notice leaves the outbox.
    Removal(Vec<String>),
    /// A failure of this facet is silenced until then.
    Silence(String, Timestamp),
}

/// A notice, as far as the oracle looks at it when it is written.
#[derive(Clone, Debug)]
pub struct Noted {
    pub id: String,
    pub reason: String,
    pub from: String,
    pub to: String,
    /// The parts of a scope that it names.
    pub parts: String,
}

impl Question {
    pub fn read(request: &Request<Bytes>) -> Self {
        let path: Vec<String> = request.uri().path().split('/').skip(1).map(decoded).collect();
        let query = request.uri().query().unwrap_or_default();
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        let mut question = Self {
            operation: String::new(),
            source: None,
            subject: None,
            bucket: None,
            parameters: String::new(),
            write: None,
            service: Service::Status,
        };
        if let Some((service, operation)) = target.and_then(|target| target.split_once('.')) {
            operation.clone_into(&mut question.operation);
            let body: Value = serde_json::from_slice(request.body()).expect("a request in JSON");
            if service.starts_with("DynamoDB") {
                question.service = Service::Table;
                question.write = (operation == "UpdateItem").then(|| write(&body));
                let key = body["Key"]["sk"]["S"].as_str().or_else(|| {
                    let mut values = body["ExpressionAttributeValues"].as_object()?.values();
                    values.find_map(|value| value["S"].as_str())
                });
                key.unwrap_or_default().clone_into(&mut question.parameters);
            } else if service == "AmazonSQS" {
                question.service = Service::Queue;
            } else {
                question.source = Some(Source::RedshiftServerless);
                question.subject = body["tableRestoreRequestId"].as_str().map(str::to_owned);
                question.parameters = body.to_string();
            }
            return question;
        }
        let fields: Vec<(String, String)> = if request.method() == "POST" {
            form_urlencoded::parse(request.body()).into_owned().collect()
        } else {
            form_urlencoded::parse(query.as_bytes()).into_owned().collect()
        };
        let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
        if let Some(action) = field("Action") {
            question.operation = action;
            if question.operation == "DescribeTableRestoreStatus" {
                question.source = Some(Source::Redshift);
                question.subject = field("TableRestoreRequestId");
                question.parameters = format!("{:?} {:?}", question.subject, field("Marker"));
            } else {
                question.service = Service::Publish;
            }
            return question;
        }
        question.parameters = format!("{} {query}", path.join("/"));
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let (operation, source, subject) = match parts.as_slice() {
            ["restore-jobs"] => ("ListRestoreJobs", Some(Source::Backup), None),
            ["restore-jobs", id] => ("DescribeRestoreJob", Some(Source::Backup), Some((*id).to_owned())),
            ["buckets"] => ("ListTableBuckets", None, None),
            ["tables", _] => ("ListTables", None, None),
            ["replication-status"] => {
                ("GetTableReplicationStatus", Some(Source::S3TablesReplication), field("tableArn"))
            }
            // The ARN is in none of the parts; the stage knows it by the name.
            ["tables", _, _, name, _] => {
                ("GetTableMaintenanceJobStatus", Some(Source::S3TablesMaintenance), Some((*name).to_owned()))
            }
            other => panic!("what is asked at {other:?}?"),
        };
        let arn = match parts.as_slice() {
            ["tables", bucket, ..] => Some((*bucket).to_owned()),
            _ => subject.as_deref().and_then(|arn| Some(arn.split_once("/table/")?.0.to_owned())),
        };
        let bucket = arn.and_then(|arn| Some(arn.split_once(":bucket/")?.1.to_owned()));
        Self { operation: operation.to_owned(), source, subject, bucket, ..question }
    }

    /// Whether a mishap with that target is for this call.
    pub fn is_for(&self, target: Target) -> bool {
        let what = self.write.as_ref().map(|write| &write.what);
        match target {
            Target::Any => true,
            Target::Status => self.service == Service::Status,
            Target::Question => self.service == Service::Status && self.subject.is_some(),
            Target::Publish => self.service == Service::Publish,
            Target::Table => self.service == Service::Table,
            Target::Queue => self.service == Service::Queue,
            Target::Commit => matches!(what, Some(Written::State(_) | Written::Claim)),
            Target::Removal => matches!(what, Some(Written::Removal(_))),
            Target::Lease => matches!(what, Some(Written::Lease | Written::Hint)),
        }
    }

    /// Whether it goes to a status API or to a listing of tables.
    pub fn is_status(&self) -> bool {
        self.service == Service::Status
    }

    /// Whether it lists subjects or tables.
    pub fn is_listing(&self) -> bool {
        self.is_status() && self.subject.is_none()
    }

    /// Whether it asks for a page after the first.
    pub fn is_further_page(&self) -> bool {
        ["oken=", "oken\":\"", "Some("].iter().any(|mark| self.parameters.contains(mark))
    }

    /// The scope that it reads from the table, if it reads a whole one.
    pub fn reads(&self) -> Option<Source> {
        let scope = (self.operation == "Query").then_some(&self.parameters)?;
        Source::parse(scope.split('/').next().unwrap_or_default())
    }

    /// Whether it sends messages to a queue.
    pub fn is_queue(&self) -> bool {
        self.service == Service::Queue
    }

    /// Whether it publishes.
    pub fn is_publish(&self) -> bool {
        self.service == Service::Publish
    }

    /// Whether a call belongs to a pass over that source. Tables are listed for both sources of S3 Tables.
    pub fn concerns(&self, source: Source) -> bool {
        match self.source {
            Some(own) => own == source,
            None => self.is_status() && matches!(source, Source::S3TablesReplication | Source::S3TablesMaintenance),
        }
    }

    /// The call in a few words, for the trace.
    pub fn outline(&self) -> String {
        let short = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
        match (&self.write, &self.subject) {
            (Some(write), _) => {
                let scope = write.scope.split('/').next().unwrap_or_default();
                let what = match &write.what {
                    Written::Lease => "lease".to_owned(),
                    Written::Hint => "hint".to_owned(),
                    Written::Claim => "claim".to_owned(),
                    Written::State(news) => {
                        let reasons: Vec<&str> = news.iter().map(|noted| noted.reason.as_str()).collect();
                        format!("state [{}]", reasons.join(" "))
                    }
                    Written::Removal(_) => "removal".to_owned(),
                    Written::Silence(facet, _) => format!("silence of {}", short(facet)),
                };
                format!("{} {scope} {} {what}", self.operation, short(&write.item))
            }
            (None, Some(subject)) => format!("{} {}", self.operation, short(subject)),
            (None, None) => self.operation.clone(),
        }
    }
}

fn write(body: &Value) -> Write {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let expression = body["UpdateExpression"].as_str().unwrap_or_default();
    let values = &body["ExpressionAttributeValues"];
    let what = if expression.starts_with("SET lease_owner") {
        Written::Lease
    } else if expression.starts_with("ADD generation") {
        Written::Hint
    } else if expression.starts_with("REMOVE outbox") {
        let ids = values.as_object().into_iter().flatten().filter(|(name, _)| name.starts_with(":n"));
        Written::Removal(ids.map(|(_, id)| text(&id["S"])).collect())
    } else if let Some((facet, until)) = silence(body) {
        Written::Silence(facet, until)
    } else if names(body).all(|name| ["claim", "token", "until", "rev", "writer", "v"].contains(&name)) {
        Written::Claim
    } else {
        let mut news = Vec::new();
        notices(values, "", &mut news);
        news.sort_by(|(one, _), (other, _)| one.cmp(other));
        Written::State(news.into_iter().map(|(_, noted)| noted).collect())
    };
    let key = &body["Key"];
    Write { scope: text(&key["pk"]["S"]), item: text(&key["sk"]["S"]), what }
}

/// The facet whose silence an update sets, and when the silence ends.
fn silence(body: &Value) -> Option<(String, Timestamp)> {
    let sets = body["UpdateExpression"].as_str()?.strip_prefix("SET ")?.split(" REMOVE ").next()?;
    sets.split(", ").find_map(|set| {
        let (path, value) = set.split_once(" = ")?;
        let path: Vec<&str> =
            path.split('.').filter_map(|name| body["ExpressionAttributeNames"][name].as_str()).collect();
        let value = &body["ExpressionAttributeValues"][value];
        let (facet, until) = match path.as_slice() {
            ["facets", facet, "silence"] => (facet, &value["M"]["until"]["S"]),
            ["facets", facet, "silence", "until"] => (facet, &value["S"]),
            _ => return None,
        };
        Some(((*facet).to_owned(), until.as_str()?.parse().ok()?))
    })
}

/// The attributes that an update names.
fn names(body: &Value) -> impl Iterator<Item = &str> {
    body["ExpressionAttributeNames"].as_object().into_iter().flat_map(|names| names.values().filter_map(Value::as_str))
}

/// The notices anywhere in the values of an update: maps with an id and a reason. Their key is their sequence number; a
/// notice by itself has none and comes in the order of the values' numbers.
fn notices(value: &Value, key: &str, news: &mut Vec<(String, Noted)>) {
    let Value::Object(fields) = value else {
        return;
    };
    if fields.contains_key("id") && fields.contains_key("reason") {
        let text = |value: &Value| value["S"].as_str().unwrap_or_default().to_owned();
        let [id, reason, from, to] = ["id", "reason", "from", "to"].map(|name| text(&value[name]));
        // A table bucket by its name, anything else by the action that failed.
        let name = |part: &Value| part["S"].as_str().and_then(|part| part.rsplit('/').next()).map(str::to_owned);
        let list = |value: &Value| value["L"].as_array().cloned().unwrap_or_default();
        let unread = list(&value["parts"]["M"]["named"]).into_iter().map(|part| part["M"]["part"].clone());
        let parts: Vec<String> = unread.chain(list(&value["readable"])).filter_map(|part| name(&part)).collect();
        let parts = parts.join(", ");
        let key = key.strip_prefix(":v").map_or_else(|| key.to_owned(), |number| format!("{number:0>10}"));
        news.push((key, Noted { id, reason, from, to, parts }));
        return;
    }
    for (name, value) in fields {
        notices(value, if name == "M" { key } else { name }, news);
    }
}

fn decoded(part: &str) -> String {
    form_urlencoded::parse(part.replace('+', "%2B").as_bytes()).map(|(name, _)| name.into_owned()).collect()
}
