//! What the status APIs actually answered, read off the wire: a parser of the harness's own, as plain as can be.

use axum::body::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tidings::domain::Source;

use crate::asked::Question;

/// What one answer said of one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    pub source: Source,
    pub subject: String,
    pub began: Option<Timestamp>,
    pub facets: Vec<Fact>,
}

/// What one answer said of one facet of a subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub facet: String,
    /// AWS's word, as it was spelled.
    pub word: String,
    pub run: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// How far it was, as it was spelled.
    pub progress: Option<String>,
    /// How many minutes it should take.
    pub minutes: Option<i64>,
    /// AWS's words about it, of Backup's restores only.
    pub message: Option<String>,
}

impl Fact {
    fn new(facet: &str, word: &Value) -> Self {
        let word = word.as_str().unwrap_or_default().to_owned();
        Self { facet: facet.to_owned(), word, run: None, ended: None, progress: None, minutes: None, message: None }
    }
}

/// What a whole answer said.
#[derive(Debug)]
pub enum Said {
    Sightings(Vec<Sighting>),
    /// The subject that was asked for is not there.
    Absent(Source, String),
    /// Nothing of any subject: a listing of tables.
    Nothing,
}

/// Reads an answer to `question` that arrived whole and unspoilt. When one subject is asked for, the only error that the
/// services give by themselves is that it is not there.
pub fn said(question: &Question, status: u16, body: &Bytes) -> Said {
    let by_id = question.subject.clone();
    if status != 200 {
        return match (question.source, by_id) {
            (Some(source), Some(subject)) if (400..500).contains(&status) => Said::Absent(source, subject),
            _ => Said::Nothing,
        };
    }
    let sightings = match question.operation.as_str() {
        "DescribeTableRestoreStatus" => redshift(&String::from_utf8_lossy(body)),
        operation => {
            let json: Value = serde_json::from_slice(body).expect("an answer in JSON");
            match operation {
                "ListTableRestoreStatus" => each(&json["tableRestoreStatuses"], serverless),
                "GetTableRestoreStatus" => vec![serverless(&json["tableRestoreStatus"])],
                "ListRestoreJobs" => each(&json["RestoreJobs"], backup),
                "DescribeRestoreJob" => vec![backup(&json)],
                "GetTableReplicationStatus" => vec![replication(&json)],
                "GetTableMaintenanceJobStatus" => vec![maintenance(&json)],
                _ => return Said::Nothing,
            }
        }
    };
    match (question.source, by_id) {
        // A table without any job or destination is none that anyone watches.
        (Some(source), Some(subject)) if sightings.iter().all(|sighting| sighting.facets.is_empty()) => {
            Said::Absent(source, subject)
        }
        _ => Said::Sightings(sightings),
    }
}

fn each(list: &Value, read: impl Fn(&Value) -> Sighting) -> Vec<Sighting> {
    list.as_array().expect("a list").iter().map(read).collect()
}

/// A time in seconds since 1970 or spelled out.
fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(seconds) => {
            #[expect(clippy::cast_possible_truncation, reason = "times of this century in milliseconds")]
            let millis = (seconds.as_f64()? * 1000.0).round() as i64;
            Timestamp::from_millisecond(millis).ok()
        }
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn serverless(json: &Value) -> Sighting {
    Sighting {
        source: Source::RedshiftServerless,
        subject: text(&json["tableRestoreRequestId"]),
        began: time(&json["requestTime"]),
        facets: vec![Fact {
            progress: json["progressInMegaBytes"].as_i64().map(|amount| amount.to_string()),
            ..Fact::new("restore", &json["status"])
        }],
    }
}

fn backup(json: &Value) -> Sighting {
    let mut facets = vec![Fact {
        ended: time(&json["CompletionDate"]),
        progress: json["PercentDone"].as_str().map(str::to_owned),
        minutes: json["ExpectedCompletionTimeMinutes"].as_i64(),
        message: json["StatusMessage"].as_str().map(str::to_owned),
        ..Fact::new("restore", &json["Status"])
    }];
    for (facet, field) in [("validation", "ValidationStatus"), ("deletion", "DeletionStatus")] {
        if json[field].is_string() {
            facets.push(Fact::new(facet, &json[field]));
        }
    }
    let subject = text(&json["RestoreJobId"]);
    Sighting { source: Source::Backup, subject, began: time(&json["CreationDate"]), facets }
}

fn replication(json: &Value) -> Sighting {
    let facets = json["destinations"].as_array().expect("a list").iter().map(|destination| Fact {
        run: time(&destination["lastSuccessfulReplicatedUpdate"]["timestamp"]),
        ..Fact::new(&text(&destination["destinationTableBucketArn"]), &destination["replicationStatus"])
    });
    let subject = text(&json["sourceTableArn"]);
    Sighting { source: Source::S3TablesReplication, subject, began: None, facets: facets.collect() }
}

fn maintenance(json: &Value) -> Sighting {
    let facets = json["status"]
        .as_object()
        .expect("jobs by type")
        .iter()
        .map(|(job, said)| Fact { run: time(&said["lastRunTimestamp"]), ..Fact::new(job, &said["status"]) });
    let subject = text(&json["tableARN"]);
    Sighting { source: Source::S3TablesMaintenance, subject, began: None, facets: facets.collect() }
}

fn redshift(xml: &str) -> Vec<Sighting> {
    let element = |restore: &str, name: &str| {
        let (_, rest) = restore.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
    };
    xml.split("<TableRestoreStatus>")
        .skip(1)
        .map(|restore| Sighting {
            source: Source::Redshift,
            subject: element(restore, "TableRestoreRequestId").expect("an id"),
            began: element(restore, "RequestTime").and_then(|time| time.parse().ok()),
            facets: vec![Fact {
                progress: element(restore, "ProgressInMegaBytes"),
                ..Fact::new("restore", &Value::from(element(restore, "Status")))
            }],
        })
        .collect()
}
