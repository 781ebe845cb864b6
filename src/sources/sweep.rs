//! Reads the status of every S3 table, in one pass or in several.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt, stream};

use super::discovery::{Buckets, Lead, Table};
use super::found::Next;
use super::sweep_order::SweepOrder;
use super::unreplicated::Unreplicated;
use super::{Ask, Found};
use crate::domain::{Observation, SubjectId};
use crate::error::{ApiError, ErrorKind};

/// Reads the status of every table in `buckets` with `get`: the known ones and the listed ones, except those that are `unreplicated`.
/// The known ones are read while the listing is in progress. A sweep that ran out of time continues in the next pass after
/// the last table that it read, in the order of the ARNs, so that every table is read in the end.
///
/// If all tables of a bucket fail, the rest of the bucket is left out of this pass, so that it costs only a few calls.
pub(super) async fn sweep<F>(
    ask: &Ask<'_>,
    found: &mut Found,
    (buckets, concurrency): (Buckets, usize),
    unreplicated: Option<&Unreplicated>,
    get: impl Fn(Table) -> F + Send + Sync,
) -> Result<(), ApiError>
where
    F: Future<Output = Result<Option<Observation>, ApiError>> + Send,
{
    let unfinished = ask.known.checkpoint.state.sweep.as_ref().map(|unfinished| unfinished.after.as_str());
    let is_left = |lead: &Lead<'_>| unfinished.is_none_or(|after| &**lead.arn() > after);
    let mut known = ask.tables.known(ask.known, buckets);
    known.retain(is_left);
    found.sweep = Some(SweepOrder::new(&known, unfinished.is_none()));
    let (first, mut rest) = if unfinished.is_none() { (known, Vec::new()) } else { (Vec::new(), known) };
    let given_up = GivenUp::default();
    let get = |lead: Lead<'_>| {
        let table = lead.table();
        let (arn, bucket, path) = (Arc::clone(table.arn()), table.bucket_arn().to_owned(), table.path());
        let question = (!given_up.contains(&bucket)).then(|| get(table));
        async move {
            let answer = match question {
                Some(question) => Some(question.await),
                None => None,
            };
            TableAnswer { bucket, arn, path, answer }
        }
    };
    let note = |found: &mut Found, TableAnswer { bucket, arn, path, answer }: TableAnswer| {
        let Some(answer) = answer else {
            found.skip(&bucket, &arn);
            return Ok(());
        };
        if answer.as_ref().is_err_and(|error| error.kind != ErrorKind::NotFound) {
            found.note_path(&bucket, path);
        }
        if found.take(&bucket, &arn, answer)? == Next::GiveUp {
            given_up.insert(bucket);
        }
        Ok::<(), ApiError>(())
    };
    let answers = stream::iter(first).map(&get).buffer_unordered(concurrency.max(1));
    let listing = stream::once(ask.tables.listing(ask.calls));
    let mut listed = Ok(());
    {
        let mut events = pin!(stream::select(listing.map(Event::Listing), answers.map(Event::Answer)));
        while let Some(event) = events.next().await {
            match event {
                Event::Answer(answer) => note(found, answer)?,
                Event::Listing(Err(error)) => listed = Err(error),
                Event::Listing(Ok(listing)) => {
                    let mut unknown = listing.unknown(ask.known, buckets);
                    unknown.retain(is_left);
                    found.observed.relied_on = unreplicated.and_then(|them| them.leave_out(&mut unknown, ask));
                    found.listed(&unknown, listing, buckets);
                    rest = in_order(unknown, rest);
                }
            }
        }
    }
    let mut answers = stream::iter(rest).map(&get).buffer_unordered(concurrency.max(1));
    while let Some(answer) = answers.next().await {
        note(found, answer)?;
    }
    // The known tables have been read. Only new tables are missing.
    match listed {
        Err(error) if found.has_answers() && ask.known.checkpoint.state.baseline_at.is_some() => {
            found.note(error.action, &SubjectId::from(error.action), error.clone());
            Ok(())
        }
        listed => listed,
    }
}

/// The answer about one table; `answer` is `None` if its bucket is left out.
struct TableAnswer {
    bucket: String,
    arn: SubjectId,
    path: String,
    answer: Option<Result<Option<Observation>, ApiError>>,
}

/// The table buckets that are left out of the rest of this pass.
#[derive(Default)]
struct GivenUp(Mutex<BTreeSet<String>>);

impl GivenUp {
    fn contains(&self, bucket: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(bucket)
    }

    fn insert(&self, bucket: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(bucket);
    }
}

/// What happens while the known tables are read.
enum Event<L, A> {
    Listing(L),
    Answer(A),
}

/// All tables by ARN. A table in both lists is read by the name in the listing.
fn in_order<'a>(unknown: Vec<Lead<'a>>, known: Vec<Lead<'a>>) -> Vec<Lead<'a>> {
    let mut all = unknown;
    all.extend(known);
    // The sort is stable: the listed one comes first, and `dedup_by` keeps it.
    all.sort_by(|a, b| a.arn().cmp(b.arn()));
    all.dedup_by(|a, b| a.arn() == b.arn());
    all
}
