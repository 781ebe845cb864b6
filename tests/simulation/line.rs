//! The line over which every call of a process goes: where calls wait, go wrong, get lost, and are written down.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use axum::http::{Request, Response};
use tidings::simulator::FaultKind;
use tokio::time::{sleep, sleep_until};

use crate::answers::{Said, said};
use crate::asked::Question;
use crate::log::Event;
use crate::mishaps::Kind;
use crate::stage::Stage;

/// How long the SDK waits for an answer, in milliseconds.
const PATIENCE: i64 = 8_000;

/// The line between one process and the services.
#[derive(Clone)]
pub struct Line {
    pub stage: Arc<Stage>,
    pub process: usize,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl HttpClient for Line {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let line = self.clone();
        HttpConnectorFuture::new(async move { line.carry(request).await })
    }
}

impl Line {
    async fn carry(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        // Like a real client, this reads the whole body. Otherwise the SDK would count a slow answer as a stalled upload.
        let body = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::user(error.into()))?;
        let body = body.into_bytes();
        let request = Request::from_parts(parts, body);
        let mut question = Question::read(&request);

        let stage = &self.stage;
        let invocation = stage.invocation_on(self.process);
        if stage.life(invocation).0 {
            return std::future::pending().await;
        }
        if !stage.pass_gate(invocation, &question).await {
            return std::future::pending().await;
        }
        let kind = stage.trouble(invocation, &question);
        match kind {
            Some(Kind::DieBefore) => {
                stage.note(invocation, called(&question, Some("die-before"), 0, false, false));
                stage.die(invocation);
                return std::future::pending().await;
            }
            Some(Kind::FreezeBefore(ms)) => sleep_until(stage.freeze(invocation, ms)).await,
            Some(Kind::Slow(ms)) => {
                if ms + stage.longest_latency() >= PATIENCE {
                    // The SDK may have given up on it by then.
                    stage.note(invocation, called(&question, Some("slow"), 0, false, false));
                }
                sleep(Duration::from_millis(u64::try_from(ms).unwrap_or_default())).await;
            }
            _ => {}
        }
        let latency = stage.latency();
        if !latency.is_zero() {
            sleep(latency).await;
        }
        if stage.life(invocation).0 {
            return std::future::pending().await;
        }

        let answer = stage.answer(request, kind.as_ref());
        if question.operation == "GetTableMaintenanceJobStatus" {
            question.subject = question.subject.map(|name| stage.table_arn(&name).unwrap_or(name));
        }
        let spoilt = kind.as_ref().map(Kind::name);
        let status = match &answer {
            Some(Ok(response)) => response.status().as_u16(),
            _ => 0,
        };
        let made_up = matches!(&kind, Some(Kind::Fault(fault)) if !matches!(fault, FaultKind::RejectEntry { .. }));
        let took_effect = !made_up && status == 200;
        let arrived = matches!(answer, Some(Ok(_)))
            && !matches!(kind, Some(Kind::LostAnswer | Kind::Truncated | Kind::Silence | Kind::DieAfter));
        let heard = arrived && !made_up && question.is_status();
        let answer = answer.map(|answer| answer.map(Response::into_parts));
        if let (true, Some(Ok((_, body)))) = (heard, &answer) {
            let body = body.clone();
            stage.note(invocation, called(&question, spoilt, status, took_effect, arrived));
            match said(&question, status, &body) {
                Said::Sightings(sightings) => {
                    for sighting in sightings {
                        stage.note(invocation, Event::Saw(sighting));
                    }
                }
                Said::Absent(source, subject) => stage.note(invocation, Event::Missed(source, subject)),
                Said::Nothing => {}
            }
        } else {
            stage.note(invocation, called(&question, spoilt, status, took_effect, arrived));
        }
        if question.is_publish() && took_effect {
            let messages = stage.accepted();
            let digests = messages.iter().filter(|notices| notices.len() > 1).count();
            stage.note(invocation, Event::Published { notices: messages.concat(), digests, arrived });
        }

        if question.is_queue() && took_effect {
            stage.collect_messages(invocation);
        }

        match kind {
            Some(Kind::DieAfter) => {
                stage.die(invocation);
                return std::future::pending().await;
            }
            Some(Kind::FreezeAfter(ms)) => sleep_until(stage.freeze(invocation, ms)).await,
            Some(Kind::Silence) => return std::future::pending().await,
            Some(Kind::LostAnswer) => return Err(broken()),
            _ => {}
        }
        match answer {
            None => std::future::pending().await,
            Some(Err(broken)) => Err(ConnectorError::io(broken.into())),
            Some(Ok((parts, mut body))) => {
                if matches!(kind, Some(Kind::Truncated)) {
                    body.truncate(body.len() / 2);
                }
                HttpResponse::try_from(Response::from_parts(parts, SdkBody::from(body)))
                    .map_err(|error| ConnectorError::user(error.into()))
            }
        }
    }
}

fn called(question: &Question, spoilt: Option<&'static str>, status: u16, took_effect: bool, arrived: bool) -> Event {
    Event::Called { question: question.clone(), spoilt, status, took_effect, arrived }
}

fn broken() -> ConnectorError {
    ConnectorError::io("the connection broke".into())
}
