use proptest::prelude::*;

use super::*;

const NONCES: Nonce = [9; 12];

fn key(byte: u8, version: u32) -> DataKey {
    DataKey::new(&[byte; 32], version)
}

fn place() -> Place<'static> {
    Place { workspace: "w1", table: "documents", column: "sealed", row: "sha256:00" }
}

#[test]
fn a_value_opens_at_its_place_and_nowhere_else() {
    let sealed = seal(&key(1, 3), NONCES, &place(), b"hello");
    assert_eq!(open(&key(1, 3), &place(), &sealed).unwrap(), b"hello");
    let elsewhere = [
        Place { workspace: "w2", ..place() },
        Place { table: "versions", ..place() },
        Place { column: "content", ..place() },
        Place { row: "sha256:01", ..place() },
        // The same letters, shifted from one part into the next.
        Place { workspace: "w1d", table: "ocuments", ..place() },
    ];
    for other in elsewhere {
        assert_eq!(open(&key(1, 3), &other, &sealed), Err(SealError::Forged), "{other:?}");
    }
    assert_eq!(open(&key(2, 3), &place(), &sealed), Err(SealError::Forged));
    assert_eq!(open(&key(1, 4), &place(), &sealed), Err(SealError::OtherKey { sealed: 3, given: 4 }));
}

#[test]
fn the_version_is_read_without_a_key_and_cannot_be_changed() {
    let mut sealed = seal(&key(1, 258), NONCES, &place(), b"");
    assert_eq!(key_version(&sealed), Ok(258));
    sealed[4] = 3;
    assert_eq!(key_version(&sealed), Ok(259));
    assert_eq!(open(&key(1, 259), &place(), &sealed), Err(SealError::Forged));
}

#[test]
fn what_is_too_short_or_of_another_form_is_refused() {
    let sealed = seal(&key(1, 1), NONCES, &place(), b"x");
    for length in 0..33 {
        assert_eq!(open(&key(1, 1), &place(), &sealed[..length]), Err(SealError::Form), "{length}");
    }
    let mut other = sealed;
    other[0] = 2;
    assert_eq!(open(&key(1, 1), &place(), &other), Err(SealError::Form));
}

#[test]
fn the_form_is_the_one_another_program_gives() {
    // Computed with Python's cryptography.hazmat AESGCM(bytes([1]) * 32) over the bytes `associated` describes.
    let sealed = seal(&key(1, 3), NONCES, &place(), b"hello");
    let text = sealed.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(text, "0100000003090909090909090909090909ac6a4ba2a1b4616abeb6bd89786e1f7a1711105d1d");
}

#[test]
fn a_data_key_opens_under_its_master_key_workspace_and_version() {
    let master = MasterKey::from_bytes(&[5; 32]);
    let wrapped = master.wrap(NONCES, "w1", &key(7, 2));
    assert_eq!(master.unwrap("w1", 2, &wrapped).unwrap().bytes(), &[7; 32]);
    assert_eq!(master.unwrap("w2", 2, &wrapped).unwrap_err(), SealError::Forged);
    assert_eq!(master.unwrap("w1", 3, &wrapped).unwrap_err(), SealError::Forged);
    let other = MasterKey::from_bytes(&[6; 32]);
    assert_eq!(other.unwrap("w1", 2, &wrapped).unwrap_err(), SealError::Forged);
}

#[test]
fn the_next_master_key_opens_under_the_one_before_it_and_under_its_own_name() {
    let (master, next) = (MasterKey::from_bytes(&[5; 32]), MasterKey::from_bytes(&[6; 32]));
    let sealed = master.hand_over(NONCES, "vault:v1:a", &next);
    assert_eq!(master.take_over("vault:v1:a", &sealed).unwrap().id(), next.id());
    assert_eq!(master.take_over("vault:v1:b", &sealed).unwrap_err(), SealError::Forged);
    assert_eq!(next.take_over("vault:v1:a", &sealed).unwrap_err(), SealError::Forged);
    assert_eq!(master.unwrap("", 0, &sealed).unwrap_err(), SealError::Forged);
}

#[test]
fn a_master_key_is_64_hexadecimal_digits_and_known_by_a_part_of_its_hash() {
    let master = MasterKey::parse(&format!(" {}\n", "aB".repeat(32))).unwrap();
    assert_eq!(*master.to_hex(), "ab".repeat(32));
    assert_eq!(master.id().len(), 16);
    assert_ne!(master.id(), MasterKey::from_bytes(&[0xac; 32]).id());
    assert!(!master.to_hex().contains(&master.id()));
    for bad in ["", "ab", &"zz".repeat(32), &"+1".repeat(32), &"ab".repeat(33), &"é".repeat(32)] {
        assert!(MasterKey::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn no_key_shows_its_bytes_when_printed() {
    let shown = format!(
        "{:?} {:?} {:?}",
        key(0x11, 4),
        MasterKey::from_bytes(&[0x11; 32]),
        SearchKey::new(&[0x11; 32])
    );
    assert!(!shown.contains("17, 17") && !shown.contains("1111"), "{shown}");
}

#[test]
fn a_word_is_found_by_its_beginnings() {
    let search = SearchKey::new(&[3; 32]);
    let tokens = |word| beginnings(word).map(|beginning| search.token(beginning)).collect::<Vec<_>>();
    assert_eq!(tokens("refund"), ["ref", "refu", "refun", "refund"].map(|part| search.asked(part)));
    assert_eq!(tokens("a"), [search.asked("a")]);
    assert_eq!(tokens("ab"), [search.asked("ab")]);
    assert_eq!(tokens("ärg"), [search.asked("ärg")]);
    assert_eq!(tokens("").len(), 0);
    let long = tokens("internationalization");
    assert_eq!(long.len(), 8);
    assert!(long.contains(&search.asked("internationalize")), "ten characters decide");
    assert!(!tokens("refund").contains(&search.asked("refunds")));
    assert_ne!(search.asked("refund"), SearchKey::new(&[4; 32]).asked("refund"), "keys differ");
    let token = search.asked("1e5");
    assert!(token.len() == LETTERS && token.bytes().all(|letter| (b'a'..=b'p').contains(&letter)), "{token}");
}

const LETTERS: usize = 10;

proptest! {
    #[test]
    fn every_value_comes_back(plaintext in proptest::collection::vec(any::<u8>(), 0..500), nonce: [u8; 12]) {
        let sealed = seal(&key(1, 1), nonce, &place(), &plaintext);
        prop_assert_eq!(open(&key(1, 1), &place(), &sealed), Ok(plaintext));
    }

    #[test]
    fn every_flipped_bit_is_found(bit in 0_usize..8 * (33 + 40)) {
        let mut sealed = seal(&key(1, 1), NONCES, &place(), &[7; 40]);
        sealed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(open(&key(1, 1), &place(), &sealed).is_err());
    }
}
