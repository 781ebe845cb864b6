//! From an HTTP request to what is being asked of whom.

use axum::body::Bytes;
use axum::http::{Request, header::AUTHORIZATION};
use jiff::Timestamp;
use serde_json::Value;

use super::{Answer, Protocol, Service, sts};

/// A request, understood as far as every service's has the same parts.
#[derive(Clone, Debug)]
pub(in crate::simulator) struct Ask {
    pub service: Service,
    pub region: String,
    /// The account that the credentials are for.
    pub account: String,
    /// When the credentials expire; `None` for the function's own.
    pub expires: Option<Timestamp>,
    pub operation: String,
    /// The request in readable form: what the recorder shows and faults match.
    pub parameters: String,
    /// Identifies the request, in headers and XML answers.
    pub request_id: String,
    /// Form fields of a query request, or the URI's query of a REST request.
    fields: Vec<(String, String)>,
    /// The path's parts, decoded.
    pub path: Vec<String>,
    pub body: Bytes,
}

impl Ask {
    /// Reads `request`, or says why nothing can be made of it.
    pub fn read(request: &Request<Bytes>, home: &str, request_id: String) -> Result<Self, Answer> {
        let (key, region, service) = credential_scope(request)?;
        let (account, expires) = match sts::issued(&key) {
            Some((account, expires)) => (account, Some(expires)),
            None => (home.to_owned(), None),
        };
        let service =
            Service::from_name(&service).ok_or_else(|| not_spoken(&format!("no service signs as `{service}` here")))?;
        let path: Vec<String> = request.uri().path().split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let encoded = match service.protocol() {
            Protocol::Query { .. } => request.body(),
            Protocol::Json { .. } => &[][..],
            Protocol::Rest { .. } => request.uri().query().unwrap_or_default().as_bytes(),
        };
        let fields: Vec<(String, String)> = form_urlencoded::parse(encoded).into_owned().collect();
        let operation = match service.protocol() {
            Protocol::Query { .. } => field(&fields, "Action").map(str::to_owned),
            Protocol::Json { .. } => request
                .headers()
                .get("x-amz-target")
                .and_then(|target| target.to_str().ok())
                .and_then(|target| target.rsplit('.').next())
                .map(str::to_owned),
            Protocol::Rest { route } => {
                let parts: Vec<&str> = path.iter().map(String::as_str).collect();
                route(request.method(), &parts).map(str::to_owned)
            }
        };
        let operation = operation.ok_or_else(|| {
            let (method, path) = (request.method(), request.uri().path());
            not_spoken(&format!("{service} has no operation at {method} {path} here"))
        })?;
        let parameters = readable(service, &path, &fields, request.body());
        Ok(Self {
            service,
            region,
            account,
            expires,
            operation,
            parameters,
            request_id,
            fields,
            path,
            body: request.body().clone(),
        })
    }

    /// The ARN of the role that calls.
    pub fn caller(&self) -> String {
        let role = if self.expires.is_some() { "tidings-reader" } else { "tidings" };
        format!("arn:aws:sts::{}:assumed-role/{role}/tidings", self.account)
    }

    /// A form field or query parameter; an empty one counts as absent.
    pub fn field(&self, name: &str) -> Option<&str> {
        field(&self.fields, name).filter(|value| !value.is_empty())
    }

    /// A form field as it was sent, empty or not.
    pub fn raw_field(&self, name: &str) -> Option<&str> {
        field(&self.fields, name)
    }

    /// The form fields that begin with `prefix`, without it.
    pub fn fields_under(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }

    /// The JSON body, an empty object if there is none.
    pub fn json(&self) -> Result<Value, serde_json::Error> {
        if self.body.is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        serde_json::from_slice(&self.body)
    }

    /// The name under which IAM knows the operation.
    pub fn iam_action(&self) -> String {
        match (self.service, self.operation.as_str()) {
            (Service::Sns, "PublishBatch") => "SNS:Publish".to_owned(),
            (Service::Sns, operation) => format!("SNS:{operation}"),
            (service, operation) => format!("{service}:{operation}"),
        }
    }

    /// The resource that an access decision names, `*` where there is none.
    pub fn iam_resource(&self) -> String {
        let resource = match self.service {
            Service::S3Tables => self.field("tableArn").map(str::to_owned).or_else(|| self.path.get(1).cloned()),
            Service::Sns => self.field("TopicArn").map(str::to_owned),
            Service::Sts => self.field("RoleArn").map(str::to_owned),
            Service::DynamoDb => self.json().ok().and_then(|body| {
                let (region, account) = (&self.region, &self.account);
                let member = |name: &str| body.get(name).and_then(Value::as_str);
                let of_table = |table| format!("arn:aws:dynamodb:{region}:{account}:table/{table}");
                let job = member("ExportArn").or_else(|| member("ImportArn"));
                job.map(str::to_owned).or_else(|| member("TableName").map(of_table))
            }),
            _ => None,
        };
        resource.unwrap_or_else(|| "*".to_owned())
    }
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

/// Access key, region and service from `Credential=<key>/<day>/<region>/<service>/aws4_request`.
fn credential_scope(request: &Request<Bytes>) -> Result<(String, String, String), Answer> {
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let scope =
        authorization.split_once("Credential=").map(|(_, rest)| rest.split([',', ' ']).next().unwrap_or_default());
    let parts: Vec<&str> = scope.unwrap_or_default().split('/').collect();
    match parts.as_slice() {
        [key, _, region, service, "aws4_request", ..] => {
            Ok(((*key).to_owned(), (*region).to_owned(), (*service).to_owned()))
        }
        _ => Err(Answer {
            status: 403,
            content_type: "application/json",
            error_type: Some("MissingAuthenticationTokenException".to_owned()),
            query_error: None,
            body: br#"{"__type":"MissingAuthenticationTokenException","message":"the request carries no AWS signature: its credential scope is how the simulator tells services apart"}"#.to_vec(),
        }),
    }
}

fn not_spoken(why: &str) -> Answer {
    let body = serde_json::json!({"__type": "UnknownOperationException", "message": why});
    Answer {
        status: 404,
        content_type: "application/json",
        error_type: Some("UnknownOperationException".to_owned()),
        query_error: None,
        body: body.to_string().into_bytes(),
    }
}

/// The request as one readable line: decoded, and without what every request has.
fn readable(service: Service, path: &[String], fields: &[(String, String)], body: &Bytes) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .filter(|(name, _)| name != "Action" && name != "Version")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    match service.protocol() {
        Protocol::Query { .. } => pairs.join("&"),
        Protocol::Json { .. } => String::from_utf8_lossy(body).into_owned(),
        Protocol::Rest { .. } if pairs.is_empty() => format!("/{}", path.join("/")),
        Protocol::Rest { .. } => format!("/{}?{}", path.join("/"), pairs.join("&")),
    }
}

fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}
