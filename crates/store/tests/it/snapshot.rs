use std::collections::BTreeSet;

use chrono::TimeDelta;
use promptsync_core::{names::AliasName, time::Clock as _};
use promptsync_store::{
    alias_history,
    aliases::{self, Expected},
    prompts, snapshot, versions,
};
use promptsync_testing::{
    Sample, db_test,
    sample::{number, prompt_name},
};

db_test! {
    async fn a_snapshot_holds_every_version_and_where_each_alias_points(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("a", "1.0.0"), ("a", "1.1.0"), ("b", "1.0.0")]).await.unwrap();
        sample.set_alias(db, "dev", Expected::Absent, &[("a", "1.1.0"), ("b", "1.0.0")]).await.unwrap();
        sample.set_alias(db, "empty", Expected::Absent, &[]).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let prompt = prompts::by_name(&mut tx, &sample.project, &prompt_name("a")).await.unwrap().unwrap();
        let old = versions::get(&mut tx, &prompt.id, &number("1.0.0")).await.unwrap().unwrap();
        versions::archive(&mut tx, &old.id, sample.clock.now()).await.unwrap();
        sample.commit(tx, "version.archive").await.unwrap();

        let mut tx = db.begin_system_read().await.unwrap();
        let whole = snapshot::load(&mut tx, &sample.project).await.unwrap();
        let facts: Vec<_> =
            whole.prompts[&prompt_name("a")].facts.versions.iter().map(|facts| (facts.version.to_string(), facts.archived)).collect();
        assert_eq!(facts, [("1.0.0".to_owned(), true), ("1.1.0".to_owned(), false)]);
        assert_eq!(whole.prompts[&prompt_name("a")].facts.versions[0].digest, old.digest);
        assert_eq!(whole.prompts[&prompt_name("a")].facts.versions[0].git_commit.as_deref(), Some("0123abc"));
        let (dev, empty) = (AliasName::parse("dev").unwrap(), AliasName::parse("empty").unwrap());
        assert!(whole.prompts.values().all(|known| known.facts.entries.iter().map(|(alias, _)| alias).eq([&dev])));
        assert_eq!(whole.aliases, [dev.clone(), empty.clone()].into());
        let entries = snapshot::load_alias(&mut tx, &sample.project, &dev).await.unwrap().unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[&prompt_name("a")].version, number("1.1.0"));
        assert!(snapshot::load_alias(&mut tx, &sample.project, &empty).await.unwrap().unwrap().is_empty());
        let unknown = AliasName::parse("unknown").unwrap();
        assert_eq!(snapshot::load_alias(&mut tx, &sample.project, &unknown).await.unwrap(), None);

        // One prompt alone: the same as the whole, cut to it.
        let mut cut = whole;
        cut.prompts.retain(|name, _| name.as_str() == "a");
        assert_eq!(snapshot::load_prompt(&mut tx, &sample.project, &prompt_name("a")).await.unwrap(), cut);

        let unknown = snapshot::load_prompt(&mut tx, &sample.project, &prompt_name("A")).await.unwrap();
        assert!(unknown.prompts.is_empty());
        assert_eq!(unknown.aliases.len(), 2);
    }

    async fn the_past_is_read_from_the_history_of_the_aliases(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let step = || sample.clock.advance(TimeDelta::minutes(1));
        let name = prompt_name("support.v-1_x");
        let text = name.as_str();
        let start = sample.clock.now();
        step();
        sample.publish(db, &[(text, "1.0.0")]).await.unwrap();
        let published = sample.clock.now();
        step();
        sample.set_alias(db, "production", Expected::Absent, &[(text, "1.0.0")]).await.unwrap();
        let moved = sample.clock.now();
        step();
        sample.publish(db, &[(text, "2.0.0")]).await.unwrap();
        sample.set_alias(db, "production", Expected::Anything, &[(text, "2.0.0")]).await.unwrap();
        let moved_on = sample.clock.now();
        step();
        sample.set_alias(db, "production", Expected::Anything, &[]).await.unwrap();
        let emptied = sample.clock.now();

        let production = AliasName::parse("production").unwrap();
        let just_before = TimeDelta::microseconds(1);
        let cases = [
            (start, 0, None),
            (published, 1, None),
            (moved - just_before, 1, None),
            (moved, 1, Some("1.0.0")),
            (moved_on - just_before, 1, Some("1.0.0")),
            (moved_on, 2, Some("2.0.0")),
            (emptied - just_before, 2, Some("2.0.0")),
            (emptied, 2, None),
            (emptied + TimeDelta::days(1), 2, None),
        ];
        let mut tx = db.begin_system_read().await.unwrap();
        for (moment, count, expected) in cases {
            let then = snapshot::load_prompt_at(&mut tx, &sample.project, &name, moment).await.unwrap();
            let known = then.prompts.get(&name);
            assert_eq!(known.map_or(0, |known| known.facts.versions.len()), count, "{moment}");
            let found = known.and_then(|known| known.facts.entries.get(&production)).map(|(_, entry)| &entry.version);
            assert_eq!(found, expected.map(number).as_ref(), "{moment}");
            assert_eq!(then.aliases.contains(&production), moment >= moved, "{moment}");
        }
    }

    async fn every_move_of_an_alias_is_read_with_the_contents_behind_it(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("a", "1.0.0"), ("a", "2.0.0"), ("b", "1.0.0")]).await.unwrap();
        sample.set_alias(db, "dev", Expected::Absent, &[("a", "1.0.0")]).await.unwrap();
        let dev = AliasName::parse("dev").unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let first = aliases::by_name(&mut tx, &sample.project, &dev).await.unwrap().unwrap();
        drop(tx);
        sample.set_alias(db, "dev", Expected::Anything, &[("a", "2.0.0"), ("b", "1.0.0")]).await.unwrap();
        sample.set_alias(db, "other", Expected::Absent, &[]).await.unwrap();
        sample.set_alias(db, "dev", Expected::Anything, &[]).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let states = snapshot::states_since(&mut tx, &first.id, first.revision, 10).await.unwrap();
        let sizes: Vec<_> = states.iter().map(|state| state.entries.len()).collect();
        assert_eq!(sizes, [2, 0]);
        assert!(states[0].revision > first.revision && states[1].revision > states[0].revision);
        assert_eq!(snapshot::states_since(&mut tx, &first.id, first.revision, 1).await.unwrap(), states[..1]);
        assert_eq!(snapshot::states_since(&mut tx, &first.id, states[1].revision, 9).await.unwrap(), []);

        let wanted: BTreeSet<_> = states[0].versions().map(|(name, version)| (name.clone(), version.clone())).collect();
        let unknown = (prompt_name("a"), number("9.0.0"));
        let asked = wanted.iter().cloned().chain([unknown]).collect();
        let contents = snapshot::contents(&mut tx, &sample.project, &asked).await.unwrap();
        assert!(contents.keys().eq(&wanted));
        let prompt = prompts::by_name(&mut tx, &sample.project, &prompt_name("a")).await.unwrap().unwrap();
        let version = versions::get(&mut tx, &prompt.id, &number("2.0.0")).await.unwrap().unwrap();
        assert_eq!(contents[&(prompt_name("a"), number("2.0.0"))].digest, version.digest);
        let releases = alias_history::releases(&mut tx, &first.id, 2).await.unwrap();
        assert_eq!(releases, [(states[1].revision, None), (states[0].revision, None)]);
    }

    async fn a_clock_that_went_back_does_not_bring_an_older_move_back(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("a", "1.0.0"), ("a", "2.0.0")]).await.unwrap();
        sample.clock.advance(TimeDelta::hours(1));
        sample.set_alias(db, "production", Expected::Absent, &[("a", "1.0.0")]).await.unwrap();
        let late = sample.clock.now();
        sample.clock.advance(TimeDelta::minutes(-30));
        sample.set_alias(db, "production", Expected::Anything, &[("a", "2.0.0")]).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let then = snapshot::load_prompt_at(&mut tx, &sample.project, &prompt_name("a"), late).await.unwrap();
        let entries = &then.prompts[&prompt_name("a")].facts.entries;
        assert_eq!(entries.get(&AliasName::parse("production").unwrap()).unwrap().1.version, number("2.0.0"));
    }
}
