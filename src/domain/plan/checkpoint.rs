//! The scope as a whole: its baseline, whether it can be read at all, and which of its parts cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Change, Checkpoint, Coverage, FacetRecord, Known, Notice, Observed, Policy, Reason, Record};
use crate::domain::checkpoint::{bucket_name, part_name};
use crate::domain::notice::notice_id;
use crate::domain::{Case, Facet, Labels, ScopeError, SubjectId, Sweep, Unread, UnreadPart};

/// How many failing subjects the baseline names.
const NAMED: usize = 10;
/// How many unread parts a notice names.
const PARTS_NAMED: usize = 5;
/// How many subjects of an unread part are remembered, to see whether the next pass cannot read the same ones.
const REMEMBERED: usize = 5;

pub(super) fn judge(
    known: &Known,
    observed: &Observed,
    coverage: &Coverage,
    policy: &Policy,
    reference_time: Timestamp,
    changes: &[Change<Record>],
) -> Change<Checkpoint> {
    let mut state = known.checkpoint.state.clone();
    let mut told = Told { policy, reference_time, notices: Vec::new(), muted: 0 };
    let words = ScopeNotices { known, reference_time };
    let read_as_of = observed.relied_on.map_or(reference_time, |relied_on| relied_on.min(reference_time));
    let before = std::mem::take(&mut state.unread);
    state.unread = still_unread(&before, coverage.unread(), reference_time);
    let mut recovered = BTreeMap::new();
    match coverage {
        Coverage::Complete | Coverage::Swept(_) => {
            let sweep = state.sweep.take();
            let started_at = sweep.as_ref().map_or(read_as_of, |sweep| sweep.started_at.min(read_as_of));
            let unread_before = sweep.map(|sweep| sweep.unread).unwrap_or_default();
            // A sweep that went over several passes has read a part only if each of them could.
            for (part, state_before) in before {
                if unread_before.contains(&part) {
                    state.unread.entry(part).or_insert(state_before);
                } else if !state.unread.contains_key(&part) {
                    recovered.insert(part, state_before);
                }
            }
            if coverage.is_complete() && unread_before.is_empty() {
                // Everything that an earlier read covered stays covered.
                state.last_complete_at = state.last_complete_at.max(Some(started_at));
            }
            if state.told_unreachable {
                told.push(words.reachable(&state));
            }
            state.failures = 0;
            state.failing_since = None;
            state.told_unreachable = false;
        }
        Coverage::Stopped { resume_after, unread, error } => {
            // Nothing is known of the parts that this pass did not come to.
            for (part, state_before) in before {
                state.unread.entry(part).or_insert(state_before);
            }
            if let Some(error) = error {
                state.failures = state.failures.saturating_add(1);
                state.failing_since.get_or_insert(reference_time);
                if state.failures >= policy.unreachable_after && !state.told_unreachable {
                    // While it is muted it stays untold: if it still stands when the mute ends, it is told then.
                    state.told_unreachable = told.push(words.unreachable(&state, error));
                }
            }
            if let Some(after) = resume_after {
                let sweep = state.sweep.take();
                let started_at = sweep.as_ref().map_or(read_as_of, |sweep| sweep.started_at.min(read_as_of));
                let mut parts = sweep.map(|sweep| sweep.unread).unwrap_or_default();
                parts.extend(unread.iter().map(|unread| unread.part.clone()));
                state.sweep = Some(Sweep { started_at, after: after.clone(), unread: parts });
            }
        }
    }
    if coverage.is_swept() && state.baseline_at.is_none() {
        state.baseline_at = Some(reference_time);
        told.push(words.baseline(changes, coverage.unread()));
    }
    let readable_again: Vec<_> = recovered.iter().filter(|(_, part)| part.told).collect();
    if !readable_again.is_empty() {
        told.push(words.readable_again(&readable_again));
    }
    tell_unread(&mut state, coverage.unread(), policy, &words, &mut told);
    Change { state, notices: told.notices, muted: told.muted }
}

/// What is remembered of the parts that this pass could not read.
fn still_unread(
    before: &BTreeMap<String, UnreadPart>,
    unread: &[Unread],
    reference_time: Timestamp,
) -> BTreeMap<String, UnreadPart> {
    let part_of = |unread: &Unread| {
        let carried = before.get(&unread.part).and_then(|before| {
            let same: BTreeSet<SubjectId> = before.subjects.intersection(&unread.subjects).cloned().collect();
            (!same.is_empty()).then(|| UnreadPart {
                passes: before.passes.saturating_add(1),
                subjects: same,
                ..before.clone()
            })
        });
        carried.unwrap_or_else(|| UnreadPart {
            since: reference_time,
            passes: 1,
            subjects: unread.subjects.iter().take(REMEMBERED).cloned().collect(),
            // Once people know that a part cannot be read, other subjects of it are no news.
            told: before.get(&unread.part).is_some_and(|before| before.told),
        })
    };
    unread.iter().map(|unread| (unread.part.clone(), part_of(unread))).collect()
}

/// Tells the parts that have been unread for as many passes in a row as it takes, all in one notice.
fn tell_unread(
    state: &mut Checkpoint,
    unread: &[Unread],
    policy: &Policy,
    words: &ScopeNotices<'_>,
    told: &mut Told<'_>,
) {
    let is_due = |part: &UnreadPart| !part.told && part.passes >= policy.unreachable_after;
    let due: Vec<&Unread> = unread.iter().filter(|unread| state.unread.get(&unread.part).is_some_and(is_due)).collect();
    let since = due.iter().filter_map(|unread| Some(state.unread.get(&unread.part)?.since)).min();
    let passes = due.iter().filter_map(|unread| Some(state.unread.get(&unread.part)?.passes)).min();
    let (Some(since), Some(passes)) = (since, passes) else { return };
    if told.push(words.partly_unreadable(&due, since, passes)) {
        for unread in due {
            if let Some(part) = state.unread.get_mut(&unread.part) {
                part.told = true;
            }
        }
    }
}

/// What is told of the scope, as the rules want it.
struct Told<'a> {
    policy: &'a Policy,
    reference_time: Timestamp,
    notices: Vec<Notice>,
    muted: usize,
}

impl Told<'_> {
    /// Whether it is told.
    fn push(&mut self, notice: Notice) -> bool {
        let case = Case {
            scope: &notice.scope,
            labels: &notice.labels,
            facet: &notice.facet,
            reason: notice.reason,
            message: notice.message.as_deref(),
        };
        let treatment = self.policy.treat(&case, self.reference_time);
        if treatment.muted {
            self.muted += 1;
            return false;
        }
        self.notices.push(notice.treated(treatment));
        true
    }
}

/// Words the notices about a scope.
struct ScopeNotices<'a> {
    known: &'a Known,
    reference_time: Timestamp,
}

impl ScopeNotices<'_> {
    /// `parts` are those that the notice is about, if it is not about the whole scope.
    fn notice(
        &self,
        verdict: &str,
        reason: Reason,
        (from, to): (&str, &str),
        since: Timestamp,
        parts: &[&str],
    ) -> Notice {
        let scope = &self.known.scope;
        let mut identity = vec![scope.to_string(), "scope".to_owned(), since.to_string(), from.to_owned()];
        identity.extend([to.to_owned(), reason.as_str().to_owned()]);
        identity.extend(parts.iter().map(|part| (*part).to_owned()));
        let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
        Notice {
            id: notice_id(&identity),
            reason,
            severity: reason.severity(),
            scope: scope.clone(),
            subject: scope.to_string(),
            facet: "scope".to_owned(),
            title: format!("{verdict}: {}", scope.source.describe()),
            from: Some(from.to_owned()),
            to: to.to_owned(),
            aws_status: None,
            message: None,
            progress: None,
            first_seen_at: since,
            changed_at: self.reference_time,
            observed_at: self.reference_time,
            run: None,
            labels: Labels::new(),
            topic_arn: None,
        }
    }

    fn unreachable(&self, state: &Checkpoint, error: &ScopeError) -> Notice {
        let since = state.failing_since.unwrap_or(self.reference_time);
        let is_absent = error.is_not_available();
        let verdict = if is_absent { "Not available here" } else { "Unreachable" };
        let mut notice = self.notice(verdict, Reason::Unreachable, ("reachable", "unreachable"), since, &[]);
        name_error(&mut notice, error);
        // What is wrong comes first: a text message has room for little else.
        let what = error.message.trim_end_matches('.');
        notice.message = Some(if is_absent {
            format!("{what}. The account or the region does not have this service, so there is nothing to watch.")
        } else {
            format!(
                "{what}. {} passes in a row could not read it. Nothing is taken for finished meanwhile; what ends now is \
                 told when it can be read again.",
                state.failures
            )
        });
        notice
    }

    fn reachable(&self, state: &Checkpoint) -> Notice {
        let since = state.failing_since.unwrap_or(self.reference_time);
        let verdict = "Reachable again";
        let mut notice = self.notice(verdict, Reason::Reachable, ("unreachable", "reachable"), since, &[]);
        notice.message = Some(format!("{} passes in a row could not read it.", state.failures));
        notice
    }

    /// The source answers, but not for these parts of it.
    fn partly_unreadable(&self, unread: &[&Unread], since: Timestamp, passes: u32) -> Notice {
        let parts: Vec<&str> = unread.iter().map(|unread| unread.part.as_str()).collect();
        let change = ("reachable", "partly-unreachable");
        let mut notice = self.notice("Partly unreadable", Reason::Unreachable, change, since, &parts);
        let count: usize = unread.iter().map(|unread| unread.count).sum();
        let names = Self::named(parts.iter().copied());
        let _ = match unread {
            [one] => write!(notice.title, ": {}", self.what(one)),
            _ => write!(notice.title, ": {}", counted(count, self.known)),
        };
        if let Some(first) = unread.first() {
            name_error(&mut notice, &first.error);
        }
        notice.labels.insert("unread".to_owned(), count.to_string());
        notice.labels.insert("unread_parts".to_owned(), names.join(", "));
        if let Some(exclude) = globs(unread) {
            notice.labels.insert("exclude".to_owned(), exclude);
        }
        let mut message = String::new();
        for part in unread.iter().take(PARTS_NAMED) {
            // Of a single part the title says what it is.
            let what = if unread.len() > 1 { format!("{}: ", self.what(part)) } else { String::new() };
            let _ = writeln!(message, "{what}{}.", part.error.message.trim_end_matches('.'));
        }
        if unread.len() > PARTS_NAMED {
            let _ = writeln!(message, "... and {} more parts.", unread.len() - PARTS_NAMED);
        }
        let _ = write!(message, "{passes} passes in a row could not read this part. The rest is watched as always.");
        notice.message = Some(message);
        notice
    }

    /// Parts that people were told about can be read.
    fn readable_again(&self, parts: &[(&String, &UnreadPart)]) -> Notice {
        let since = parts.iter().map(|(_, part)| part.since).min().unwrap_or(self.reference_time);
        let keys: Vec<&str> = parts.iter().map(|(key, _)| key.as_str()).collect();
        let change = ("partly-unreachable", "reachable");
        let mut notice = self.notice("Readable again", Reason::Reachable, change, since, &keys);
        let named = Self::named(keys.into_iter()).join(", ");
        let _ = write!(notice.title, ": {named}");
        notice.labels.insert("unread_parts".to_owned(), named);
        let passes = parts.iter().map(|(_, part)| part.passes).max().unwrap_or_default();
        notice.message = Some(format!("{passes} passes in a row could not read it."));
        notice
    }

    /// What could not be read: `40 tables in table bucket aaa`, `2 restore jobs`.
    fn what(&self, unread: &Unread) -> String {
        match bucket_name(&unread.part) {
            Some(bucket) if unread.subjects.contains(unread.part.as_str()) => {
                format!("new tables in table bucket {bucket}")
            }
            Some(bucket) => match unread.exclude.as_slice() {
                [path] if unread.count == 1 && !path.ends_with("**") => {
                    let table = path.trim_start_matches(bucket).trim_start_matches('/').replace('/', ".");
                    format!("table {table} in table bucket {bucket}")
                }
                _ => format!("{} in table bucket {bucket}", counted(unread.count, self.known)),
            },
            None => counted(unread.count, self.known),
        }
    }

    /// The first parts by name, and how many more there are.
    fn named<'p>(parts: impl ExactSizeIterator<Item = &'p str>) -> Vec<String> {
        let count = parts.len();
        let mut names: Vec<String> = parts.take(PARTS_NAMED).map(part_name).collect();
        if count > PARTS_NAMED {
            names.push(format!("{} more", count - PARTS_NAMED));
        }
        names
    }

    fn baseline(&self, changes: &[Change<Record>], unread: &[Unread]) -> Notice {
        let mut records: BTreeMap<&str, &Record> =
            self.known.records.iter().map(|(id, tracked)| (&**id, &tracked.state)).collect();
        records.extend(changes.iter().map(|change| (&*change.state.subject.id, &change.state)));
        let facets: Vec<(&Record, &Facet, &FacetRecord)> = records
            .values()
            .flat_map(|record| record.facets.iter().map(move |(name, facet)| (*record, name, facet)))
            .collect();
        let failing: Vec<_> = facets
            .iter()
            .filter(|(_, name, facet)| name.kind().is_recurring() && facet.failing_since.is_some())
            .collect();
        let unfinished = facets
            .iter()
            .filter(|(_, name, facet)| name.kind().owes_an_end(&facet.status, facet.completed_once))
            .count();
        let finished = records.values().filter(|record| !record.is_open()).count();

        let verdict = "Now watching";
        let mut notice = self.notice(verdict, Reason::Baseline, ("unwatched", "watched"), self.reference_time, &[]);
        notice.title =
            format!("{}: {} known, {unfinished} unfinished, {} failing", notice.title, records.len(), failing.len());
        let mut message = match records.len() {
            0 => "There is nothing here yet; what begins from now on is watched.".to_owned(),
            known => format!(
                "{known} known: {unfinished} unfinished, {} failing right now, {finished} finished earlier \
                 (history, not reported one by one).",
                failing.len()
            ),
        };
        for (record, name, facet) in failing.iter().take(NAMED) {
            let said = facet.message.as_deref().unwrap_or("no message from AWS");
            let _ = write!(message, "\nFailing: {name} of {}: {said}", record.subject.name);
        }
        if failing.len() > NAMED {
            let _ = write!(message, "\n... and {} more.", failing.len() - NAMED);
        }
        for unread in unread.iter().take(PARTS_NAMED) {
            let _ = write!(message, "\nNot read: {}: {}", self.what(unread), unread.error.message);
        }
        if unread.len() > PARTS_NAMED {
            let _ = write!(message, "\n... and {} more parts were not read.", unread.len() - PARTS_NAMED);
        }
        notice.message = Some(message);
        for (label, count) in
            [("known", records.len()), ("unfinished", unfinished), ("failing", failing.len()), ("finished", finished)]
        {
            notice.labels.insert(label.to_owned(), count.to_string());
        }
        notice
    }
}

fn name_error(notice: &mut Notice, error: &ScopeError) {
    notice.labels.insert("error".to_owned(), error.kind.as_str().to_owned());
    if let Some(action) = &error.action {
        notice.labels.insert("missing_action".to_owned(), action.clone());
    }
}

/// `40 tables`, `1 restore job`.
fn counted(count: usize, known: &Known) -> String {
    let (one, many) = known.scope.source.subjects();
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The globs that leave these parts out, as they are written in the settings: `"aaa/**"`. `None` if one of the parts
/// cannot be left out, or if they are too many to name.
fn globs(unread: &[&Unread]) -> Option<String> {
    if unread.iter().any(|unread| unread.exclude.is_empty()) {
        return None;
    }
    let globs: Vec<String> = unread.iter().flat_map(|unread| &unread.exclude).map(|glob| format!("{glob:?}")).collect();
    (globs.len() <= PARTS_NAMED).then(|| globs.join(", "))
}
