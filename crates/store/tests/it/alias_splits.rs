use std::collections::BTreeMap;

use chrono::TimeDelta;
use promptsync_core::{
    splits::{AliasSplits, Draw, Split, UnitDigest, allocate},
    time::Clock as _,
};
use promptsync_store::{
    Db, StoreError, alias_history, alias_splits,
    aliases::{self, Expected},
    prompts, snapshot,
};
use promptsync_testing::{
    Sample, db_test,
    sample::{alias_name, number, prompt_name},
};

const ENTRIES: [(&str, &str); 2] = [("support.v-1_x", "1.0.0"), ("greeting", "1.0.0")];

async fn published(db: &Db) -> Sample {
    let sample = Sample::new(db).await.unwrap();
    let versions = [
        ("support.v-1_x", "1.0.0"),
        ("support.v-1_x", "2.0.0"),
        ("greeting", "1.0.0"),
        ("greeting", "2.0.0"),
    ];
    sample.publish(db, &versions).await.unwrap();
    sample.set_alias(db, "production", Expected::Absent, &ENTRIES).await.unwrap();
    sample
}

fn split(version: &str, weight: u16) -> Split {
    let arms = allocate(&[], &[(number(version), weight)]).unwrap();
    let overrides = BTreeMap::from([(UnitDigest::of("ann"), number(version))]);
    Split { salt: "01J".into(), draw: Draw::Prompt, arms, overrides }
}

fn of(prompts: &[(&str, Split)]) -> AliasSplits {
    let prompts = prompts.iter().map(|(name, split)| (prompt_name(name), split.clone())).collect();
    AliasSplits { release: None, prompts }
}

async fn divide(db: &Db, sample: &Sample, splits: &AliasSplits) {
    sample.divide_alias(db, "production", Expected::Anything, &ENTRIES, splits).await.unwrap();
}

async fn stored(db: &Db, sample: &Sample) -> AliasSplits {
    let mut tx = db.begin_system_read().await.unwrap();
    let alias = aliases::by_name(&mut tx, &sample.project, &alias_name("production")).await.unwrap().unwrap();
    alias_splits::of_alias(&mut tx, &alias.id).await.unwrap()
}

db_test! {
    async fn splits_are_what_the_last_move_said(db: &Db) {
        let sample = published(db).await;
        assert!(stored(db, &sample).await.is_empty());
        let both = AliasSplits {
            release: Some(split("2.0.0", 1_000)),
            ..of(&[("support.v-1_x", split("2.0.0", 1_000)), ("greeting", split("2.0.0", 1_000))])
        };
        divide(db, &sample, &both).await;
        assert_eq!(stored(db, &sample).await, both);
        let wider = of(&[("greeting", split("2.0.0", 2_500))]);
        divide(db, &sample, &wider).await;
        assert_eq!(stored(db, &sample).await, wider);
        sample.set_alias(db, "production", Expected::Anything, &ENTRIES).await.unwrap();
        assert!(stored(db, &sample).await.is_empty());
    }

    async fn a_prompt_knows_the_aliases_that_divide_its_traffic(db: &Db) {
        let sample = published(db).await;
        divide(db, &sample, &of(&[("greeting", split("2.0.0", 1_000))])).await;
        let mut tx = db.begin_system_read().await.unwrap();
        let names = [prompt_name("greeting"), prompt_name("support.v-1_x")];
        let known = prompts::by_names(&mut tx, &sample.project, &names).await.unwrap();
        let found = alias_splits::of_prompt(&mut tx, &known[&names[0]].id).await.unwrap();
        assert_eq!(found, BTreeMap::from([(alias_name("production"), split("2.0.0", 1_000))]));
        assert!(alias_splits::of_prompt(&mut tx, &known[&names[1]].id).await.unwrap().is_empty());
    }

    async fn a_split_of_what_does_not_exist_moves_nothing(db: &Db) {
        let sample = published(db).await;
        for (splits, what) in [
            (of(&[("greeting", split("9.0.0", 1_000))]), "version"),
            (of(&[("unknown", split("2.0.0", 1_000))]), "entry"),
        ] {
            let answer = sample.divide_alias(db, "production", Expected::Anything, &ENTRIES, &splits).await;
            assert!(matches!(answer, Err(StoreError::NotFound { what: w }) if w == what), "{answer:?}");
        }
        assert!(stored(db, &sample).await.is_empty());
    }

    async fn the_past_has_the_split_of_then(db: &Db) {
        let sample = published(db).await;
        let name = prompt_name("support.v-1_x");
        let mut moments = vec![(sample.clock.now(), None)];
        for weight in [500, 2_500] {
            sample.clock.advance(TimeDelta::minutes(1));
            divide(db, &sample, &of(&[("support.v-1_x", split("2.0.0", weight))])).await;
            moments.push((sample.clock.now(), Some(split("2.0.0", weight))));
        }
        sample.clock.advance(TimeDelta::minutes(1));
        sample.set_alias(db, "production", Expected::Anything, &ENTRIES).await.unwrap();
        moments.push((sample.clock.now(), None));

        let mut tx = db.begin_system_read().await.unwrap();
        for (moment, expected) in &moments {
            let then = snapshot::load_prompt_at(&mut tx, &sample.project, &name, *moment).await.unwrap();
            let (_, entry) = then.prompts[&name].facts.entries.get(&alias_name("production")).unwrap();
            assert_eq!((&entry.version, entry.split.as_deref()), (&number("1.0.0"), expected.as_ref()), "{moment}");
        }
        let now = snapshot::load_prompt(&mut tx, &sample.project, &name).await.unwrap();
        assert_eq!(now.prompts[&name].facts.entries.get(&alias_name("production")).unwrap().1.split, None);
        let alias = aliases::by_name(&mut tx, &sample.project, &alias_name("production")).await.unwrap().unwrap();
        let last = alias_history::before(&mut tx, &alias.id, alias.revision).await.unwrap().unwrap();
        assert_eq!(last.splits, of(&[("support.v-1_x", split("2.0.0", 2_500))]).prompts);
    }

    async fn a_signed_snapshot_says_what_every_arm_holds(db: &Db) {
        let sample = published(db).await;
        divide(db, &sample, &of(&[("greeting", split("2.0.0", 1_000))])).await;
        let mut tx = db.begin_system_read().await.unwrap();
        let alias = aliases::by_name(&mut tx, &sample.project, &alias_name("production")).await.unwrap().unwrap();
        let entries = snapshot::signed_entries(&mut tx, &alias.id).await.unwrap();
        let greeting = &entries[&prompt_name("greeting")];
        assert_eq!(greeting.split, Some(split("2.0.0", 1_000)));
        assert_eq!(greeting.others.keys().collect::<Vec<_>>(), [&number("2.0.0")]);
        assert!(entries[&prompt_name("support.v-1_x")].others.is_empty());
    }
}
