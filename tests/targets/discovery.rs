//! Which targets are watched: listed in the settings or by the organization, joining and leaving.

use tidings::simulator::{Fault, FaultKind, Service};

use crate::stage::{ACCOUNT, Queues, REGION, Stage, account};

/// The accounts of the scopes in a report, sorted.
fn accounts(report: &tidings::report::Report) -> Vec<String> {
    let mut accounts: Vec<String> = report.scopes.iter().map(|scope| scope.account.clone()).collect();
    accounts.sort();
    accounts.dedup();
    accounts
}

#[tokio::test(start_paused = true)]
async fn the_organization_is_read_page_by_page_and_only_active_accounts_are_watched() {
    let mut stage = Stage::of(45, &Stage::organization(&[REGION]), Queues::None);
    stage.sim.world().organization.empty_pages = true;
    stage.member(7, |member| member.state = "SUSPENDED".to_owned());
    stage.member(8, |member| member.state = "PENDING_CLOSURE".to_owned());
    let report = stage.pass().await;
    let mut expected: Vec<String> = (1..=45).filter(|number| ![7, 8].contains(number)).map(account).collect();
    expected.insert(0, ACCOUNT.to_owned());
    assert_eq!(accounts(&report), expected);
    assert!(report.scopes.iter().all(|scope| scope.error.is_none() && scope.coverage == "complete"));
}

#[tokio::test(start_paused = true)]
async fn listed_accounts_need_no_organization() {
    let listed = format!(
        "sources = [\"backup\"]\n[targets]\nregions = [\"us-east-1\", \"{REGION}\"]\n\
         accounts = [\"{}\", {{ id = \"{}\", name = \"prod-data\" }}]\nexclude_accounts = [\"team-*\"]",
        account(1),
        account(2)
    );
    let mut stage = Stage::of(3, &listed, Queues::None);
    let report = stage.pass().await;
    assert_eq!(accounts(&report), [account(1), account(2)]);
    let regions: Vec<&str> = report.scopes.iter().map(|scope| scope.region.as_str()).collect();
    assert_eq!(regions, ["us-east-1", REGION, "us-east-1", REGION]);
    assert_eq!(stage.calls("ListAccounts").len(), 0);
    stage.told();

    stage.restore(2, "a", "RUNNING");
    stage.tick().await;
    stage.restore(2, "a", "FAILED");
    let told = stage.tick().await;
    assert_eq!(told, [format!("failed prod-data {REGION} 2-a"), "failed prod-data us-east-1 2-a".to_owned()]);
}

#[tokio::test(start_paused = true)]
async fn accounts_are_left_out_by_id_name_and_organizational_unit() {
    let settings = format!(
        "{}exclude_accounts = [\"{}\", \"*-3\"]\norganizational_units = [\"ou-ab12-11111111\"]",
        Stage::organization(&[REGION]),
        account(2)
    );
    let mut stage = Stage::of(6, &settings, Queues::None);
    for number in 1..=4 {
        // The unit is not the innermost one.
        let units = ["ou-ab12-11111111", "ou-ab12-22222222"].map(str::to_owned);
        stage.member(number, |member| member.units = units.to_vec());
    }
    stage.member(5, |member| member.units = vec!["ou-ab12-99999999".to_owned()]);
    assert_eq!(accounts(&stage.pass().await), [account(1), account(4)]);
}

#[tokio::test(start_paused = true)]
async fn the_list_is_refreshed_hourly_and_the_last_one_serves_when_that_fails() {
    let mut stage = Stage::of(2, &Stage::organization(&[REGION]), Queues::None);
    stage.pass().await;
    stage.told();
    assert_eq!(stage.calls("ListAccounts")[ACCOUNT], 1);
    stage.cold_start();
    stage.tick().await;
    assert_eq!(stage.calls("ListAccounts")[ACCOUNT], 1, "another process finds the list in the table");

    stage.sim.inject(Fault::new(FaultKind::AccessDenied).service(Service::Organizations));
    stage.wait(60).await;
    stage.restore(2, "a", "RUNNING");
    assert_eq!(accounts(&stage.pass().await).len(), 3, "the last list serves");
    // Three passes in a row: then people are told, once.
    assert_eq!(stage.tick().await, [""; 0]);
    assert_eq!(stage.tick().await, [format!("unreachable {ACCOUNT} {REGION} hub")]);
    stage.restore(2, "a", "FAILED");
    assert_eq!(stage.tick().await, [format!("failed team-2 {REGION} 2-a")]);
    stage.sim.clear_faults();
    assert_eq!(stage.tick().await, [format!("reachable {ACCOUNT} {REGION} hub")]);
    assert_eq!(stage.tick().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_joins_is_watched_and_one_that_leaves_raises_no_alarm() {
    let mut stage = Stage::of(3, &Stage::organization(&[REGION]), Queues::None);
    stage.sim.world().organization.members.remove(&account(3));
    stage.pass().await;
    stage.told();

    stage.sim.world().organization.members.insert(account(3), tidings::simulator::Member::new("team-3"));
    stage.member(1, |member| (member.state, member.role) = ("SUSPENDED".to_owned(), None));
    stage.wait(55).await;
    assert_eq!(stage.tick().await, [format!("baseline team-3 {REGION} scope")]);
    // One listing without it is not enough.
    assert!(accounts(&stage.pass().await).contains(&account(1)));
    stage.wait(55).await;
    assert_eq!(stage.tick().await, [""; 0]);
    assert_eq!(accounts(&stage.pass().await), [ACCOUNT.to_owned(), account(2), account(3)]);
    for _ in 0..4 {
        assert_eq!(stage.tick().await, [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn rules_match_the_name_the_units_and_the_tags_of_an_account() {
    let settings = format!(
        "{}\n[[rule]]\nmatch = {{ account_name = \"team-1\" }}\nnote = \"by name\"\n\
         [[rule]]\nmatch = {{ ou = \"ou-ab12-2222*\" }}\nnote = \"by unit\"\n\
         [[rule]]\nmatch = {{ account_tag.environment = \"prod\" }}\nseverity = \"warning\"",
        Stage::organization(&[REGION]),
    );
    let mut stage = Stage::of(3, &settings, Queues::None);
    stage.member(2, |member| member.units = vec!["ou-ab12-22222222".to_owned()]);
    stage.member(3, |member| {
        member.tags.insert("environment".to_owned(), "prod".to_owned());
    });
    stage.pass().await;
    stage.told();
    for number in 1..=3 {
        stage.restore(number, "a", "RUNNING");
    }
    stage.tick().await;
    for number in 1..=3 {
        stage.restore(number, "a", "FAILED");
    }
    stage.wait(5).await;
    stage.pass().await;
    let mut treated: Vec<(String, String, String)> = stage
        .notices()
        .iter()
        .map(|notice| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
            let attributes = &notice["attributes"];
            (text(&attributes["account_name"]), text(&attributes["note"]), text(&notice["severity"]))
        })
        .collect();
    treated.sort();
    let expected = [("team-1", "by name", "critical"), ("team-2", "by unit", "critical"), ("team-3", "-", "warning")];
    assert_eq!(treated, expected.map(|(name, note, severity)| (name.to_owned(), note.to_owned(), severity.to_owned())));
}
