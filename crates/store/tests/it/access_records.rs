use promptsync_core::{
    access_records::{AccessRecord, root},
    audit::Actor,
};
use promptsync_store::access_records;
use promptsync_testing::{Sample, db_test};

db_test! {
    async fn a_batch_reads_back_in_its_order_and_as_it_was_hashed(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let service = Actor::Service { id: "k1".into(), name: "“checkout”".into() };
        let first: Vec<_> = (0..1_200).map(|number| sample.an_access(&number.to_string())).collect();
        let second = [
            AccessRecord { actor: Some(service), address: Some("2001:db8::1".into()), ..sample.an_access("b") },
            AccessRecord { actor: Some(Actor::System), project: None, ..sample.an_access("a") },
        ];
        let revisions =
            [sample.access(db, &first).await.unwrap(), sample.access(db, &second).await.unwrap()];
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let all = access_records::between(&mut tx, &sample.workspace, 0, revisions[1]).await.unwrap();
        assert_eq!(all.len(), 1_202);
        let later = access_records::between(&mut tx, &sample.workspace, revisions[0], 100).await.unwrap();
        let places: Vec<_> = later.iter().map(|placed| (placed.revision, placed.place)).collect();
        assert_eq!(places, [(revisions[1], 0), (revisions[1], 1)]);
        let records = |placed: &[access_records::Placed]| {
            placed.iter().map(|placed| placed.record.clone()).collect::<Vec<_>>()
        };
        assert_eq!(root(&records(&later)), root(&second));
        assert_eq!(root(&records(&all[..1_200])), root(&first));
    }
}
