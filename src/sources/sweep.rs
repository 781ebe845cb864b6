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
use crate::domain::{Observation, SubjectId, mark};
use crate::error::{ApiError, ErrorKind};

/// Reads the status of every table in `buckets` with `get`: the known ones and the listed ones, except those that are `unreplicated`.
/// The known ones are read while the listing is in progress. A sweep that ran out of time continues in the next pass after
/// the last table that it read, in the order of the ARNs, so that every table is read in the end.
///
/// If all tables of a bucket fail, the rest of the bucket is left out of this pass, so that it costs only a few calls.
pub(super) async fn sweep<'k, F>(
    ask: &Ask<'k>,
    found: &mut Found<'k>,
    (buckets, concurrency): (Buckets, usize),
    unreplicated: Option<&Unreplicated>,
    get: impl Fn(Table) -> F + Send + Sync,
) -> Result<(), ApiError>
where
    F: Future<Output = Result<Option<Observation>, ApiError>> + Send,
{
    let tables = ask.tables;
    let unfinished = ask.known.checkpoint.state.sweep.as_ref().map(|unfinished| unfinished.after.as_str());
    let is_left = |lead: &Lead<'_>| unfinished.is_none_or(|after| *lead.arn() > *after);
    let known: Arc<[Lead<'k>]> = ask.known.records.marked(mark::OPEN).map(Lead::Known).filter(is_left).collect();
    let (first, mut rest) =
        if unfinished.is_none() { (known, Arc::default()) } else { (Arc::<[Lead<'k>]>::default(), known) };
    found.sweep = Some(SweepOrder::new(Arc::clone(&first), unfinished.is_none()));
    let given_up = GivenUp::default();
    let ask_about = |position: usize, lead: &Lead<'_>| {
        let table = lead.table().filter(|table| tables.watches(table, buckets));
        let question = table.clone().filter(|table| !given_up.contains(table.bucket_arn())).map(&get);
        async move {
            let answer = match question {
                Some(question) => Some(question.await),
                None => None,
            };
            TableAnswer { position, table, answer }
        }
    };
    let note = |found: &mut Found<'k>, TableAnswer { position, table, answer }: TableAnswer| {
        if let Some(sweep) = &mut found.sweep {
            sweep.note(position);
        }
        let Some(table) = table else { return Ok(()) };
        let Some(answer) = answer else {
            found.skip(table.bucket_arn());
            return Ok(());
        };
        if answer.as_ref().is_err_and(|error| error.kind != ErrorKind::NotFound) {
            found.note_path(table.bucket_arn(), table.path());
        }
        if found.take(table.bucket_arn(), table.arn(), answer)? == Next::GiveUp {
            given_up.insert(table.bucket_arn());
        }
        Ok::<(), ApiError>(())
    };
    let answers = stream::iter(0..first.len()).map(|at| ask_about(at, &first[at])).buffer_unordered(concurrency.max(1));
    let listing = stream::once(tables.listing(ask.calls));
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
                    if let Some(relied_on) = unreplicated.and_then(|them| them.leave_out(&mut unknown, ask)) {
                        found.planner.rely_on(relied_on);
                    }
                    found.listed(listing, buckets);
                    rest = in_order(unknown, &rest);
                    if let Some(sweep) = &mut found.sweep {
                        sweep.complete(Arc::clone(&rest));
                    }
                }
            }
        }
    }
    let answers = stream::iter(0..rest.len()).map(|at| ask_about(first.len() + at, &rest[at]));
    let mut answers = answers.buffer_unordered(concurrency.max(1));
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

/// The answer about one table.
struct TableAnswer {
    position: usize,
    /// `None` if the table is not one of those to watch.
    table: Option<Table>,
    /// `None` if its bucket is left out.
    answer: Option<Result<Option<Observation>, ApiError>>,
}

/// The table buckets that are left out of the rest of this pass.
#[derive(Default)]
struct GivenUp(Mutex<BTreeSet<String>>);

impl GivenUp {
    fn contains(&self, bucket: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(bucket)
    }

    fn insert(&self, bucket: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(bucket.to_owned());
    }
}

/// What happens while the known tables are read.
enum Event<L, A> {
    Listing(L),
    Answer(A),
}

/// All tables by ARN. A table in both lists is read by the name in the listing.
fn in_order<'k>(unknown: Vec<Lead<'k>>, known: &[Lead<'k>]) -> Arc<[Lead<'k>]> {
    let mut all = unknown;
    all.extend(known);
    // The sort is stable: the listed one comes first, and `dedup_by` keeps it.
    all.sort_by(Lead::cmp_arn);
    all.dedup_by(|a, b| a.cmp_arn(b).is_eq());
    all.into()
}
