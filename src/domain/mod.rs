//! What tidings knows, and how it decides what people are told. All functions are pure.
//!
//! Nothing here does I/O, reads a clock or reads the environment: time is an argument. Types are serialized only to keep many
//! of them in little memory ([`Packed`]), and by one process only. The rows of the store and the messages of `publish` are
//! types of their own, each with a version.
//!
//! Start with [`Planner`]. It compares what was known with what is observed, one subject at a time, and returns what to store
//! and what to tell people.

mod account;
mod checkpoint;
mod error_kind;
mod facet;
mod history;
mod known;
pub mod label;
pub mod notice;
mod observation;
mod outbox;
mod packed;
mod packed_time;
mod plan;
mod policy;
mod record;
pub mod report;
mod schedule;
mod scope;
mod silence;
mod status;
mod text;

pub use account::{Account, Target};
pub use checkpoint::{Checkpoint, LearnedRate, Sweep, UnreadState, bucket_name, part_name};
pub use error_kind::ErrorKind;
pub use facet::{Facet, FacetKind};
pub use history::{MOST_REMEMBERED, ToldNotice};
pub use known::{Known, mark};
pub use notice::{Notice, NoticeId, Reason, Severity};
pub use observation::{Coverage, FacetObservation, Observation, Observed, Progress, ScopeError, Unread};
pub use outbox::{Claim, Outbox, Tracked};
pub use packed::{Entry, Pack, Packed};
pub use plan::{
    Access, AccessFailure, Basis, Candidate, Change, Decision, Finding, Findings, Plan, Planned, Planner, Told, decide,
    plan, plan_access,
};
pub use policy::{
    Case, Effect, Match, Mute, Pattern, PatternError, Patterns, Policy, Repeats, Rule, Treatment, Window,
};
pub use record::{FacetRecord, Failing, Labels, Record, Subject, SubjectId};
pub use schedule::{Every, Schedule};
pub use scope::{Facets, Scope, Source};
pub use silence::{LONGEST_SILENCE, Silence};
pub use status::Status;
pub use text::shorten;
