use std::collections::BTreeSet;

use promptsync_core::{
    ids::{ProjectId, WorkspaceId},
    names::{AliasName, ProjectName},
};

use super::*;

fn id(alias: &str) -> LineId {
    LineId {
        workspace: WorkspaceId::new("w"),
        project: ProjectId::new("p"),
        project_name: ProjectName::parse("shop").expect("a name"),
        alias: AliasName::parse(alias).expect("a name"),
    }
}

fn streams(total: usize, per_caller: usize) -> Streams {
    Streams::new(StreamLimits { total, per_caller, heartbeat: Duration::from_secs(15) })
}

fn sit(streams: &Streams, alias: &str, caller: &str) -> Result<Seat, u16> {
    let authorization = HeaderValue::from_static("Bearer x");
    streams.sit(&id(alias), caller, authorization).map(|(seat, _)| seat).map_err(|error| error.status())
}

#[test]
fn streams_are_counted_by_caller_and_together() {
    let streams = streams(3, 2);
    let first = sit(&streams, "a", "one").expect("room");
    let _second = sit(&streams, "b", "one").expect("room");
    assert_eq!(sit(&streams, "a", "one").err(), Some(429));
    let _third = sit(&streams, "a", "two").expect("room");
    assert_eq!(sit(&streams, "a", "three").err(), Some(503));
    assert!(!streams.drop_idle(&id("a")));
    drop(first);
    let again = sit(&streams, "a", "one");
    assert!(again.is_ok());
}

#[test]
fn a_line_is_dropped_when_nobody_listens() {
    let streams = streams(3, 3);
    let seat = sit(&streams, "a", "one").expect("room");
    assert!(!streams.drop_idle(&id("a")));
    drop(seat);
    assert!(streams.drop_idle(&id("a")));
    assert!(streams.book().lines.is_empty() && streams.book().callers.is_empty());
}

#[test]
fn everybody_comes_back_at_another_moment() {
    let streams = streams(5_000, 5_000);
    let seats: Vec<_> = (0..2_000).map(|_| sit(&streams, "a", "one").expect("room")).collect();
    let moments: Vec<_> = seats.iter().map(Seat::reconnect_after).collect();
    assert!(moments.iter().all(|moment| (100..2_100).contains(moment)));
    let different: BTreeSet<_> = moments.iter().collect();
    assert!(different.len() > 1_200, "{}", different.len());
    let early = moments.iter().filter(|moment| **moment < 1_100).count();
    assert!((950..1_050).contains(&early), "{early} in the first half");
    streams.stop();
    assert_eq!(sit(&streams, "a", "one").err(), Some(503));
}
