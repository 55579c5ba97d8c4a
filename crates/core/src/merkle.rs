//! Merkle trees as in RFC 6962: one hash stands for a list, and a short proof shows that a leaf is in it.
//!
//! A leaf is hashed as `SHA-256(0x00 ‖ bytes)`, a node as `SHA-256(0x01 ‖ left ‖ right)`, and the left half of a tree
//! of n leaves has the largest power of two below n. The two prefixes keep a node from passing as a leaf.

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;

/// The hash of a leaf or of a tree.
pub type Hash = [u8; 32];

/// The hash of a leaf.
pub fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

/// The hash of the tree over these leaves, each hashed by [`leaf`]; of no leaves, the hash of the empty text.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

/// A root in the form digests are written in.
pub fn digest(root: &Hash) -> Digest {
    Digest::from_hash(root)
}

/// The proof that the leaf at `index` is in the tree: the hashes beside its path, from the leaf upwards. Nothing when
/// there is no such leaf.
pub fn prove(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    climb(leaves, index, &mut proof);
    Some(proof)
}

fn climb(leaves: &[Hash], index: usize, proof: &mut Vec<Hash>) {
    if leaves.len() == 1 {
        return;
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    if index < middle {
        climb(left, index, proof);
        proof.push(root(right));
    } else {
        climb(right, index - middle, proof);
        proof.push(root(left));
    }
}

/// Whether the proof shows that this leaf is at `index` in the tree of `size` leaves with this root.
pub fn proves(leaf: &Hash, index: usize, size: usize, proof: &[Hash], root: &Hash) -> bool {
    index < size && rebuild(leaf, index, size, proof).is_some_and(|found| found == *root)
}

fn rebuild(leaf: &Hash, index: usize, size: usize, proof: &[Hash]) -> Option<Hash> {
    if size == 1 {
        return proof.is_empty().then_some(*leaf);
    }
    let (beside, below) = proof.split_last()?;
    let middle = split(size);
    if index < middle {
        Some(node(&rebuild(leaf, index, middle, below)?, beside))
    } else {
        Some(node(beside, &rebuild(leaf, index - middle, size - middle, below)?))
    }
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The leaves of the test vectors of the Certificate Transparency reference implementation
    /// (google/certificate-transparency, merkletree/merkle_tree_test.cc), in hexadecimal.
    const LEAVES: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    /// Its roots of the first 1 to 8 leaves.
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        (0..hexadecimal.len() / 2)
            .map(|at| u8::from_str_radix(&hexadecimal[2 * at..2 * at + 2], 16).unwrap())
            .collect()
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|number| leaf(&number.to_be_bytes())).collect()
    }

    #[test]
    fn the_roots_are_the_published_ones() {
        assert_eq!(digest(&root(&[])), Digest::of(b""));
        let hashed: Vec<Hash> = LEAVES.iter().map(|text| leaf(&bytes(text))).collect();
        for (count, expected) in (1..).zip(ROOTS) {
            assert_eq!(digest(&root(&hashed[..count])).as_str(), format!("sha256:{expected}"), "{count}");
        }
    }

    #[test]
    fn a_proof_is_the_published_one() {
        // From the same file: the path of the second leaf in the tree of five.
        let hashed: Vec<Hash> = LEAVES[..5].iter().map(|text| leaf(&bytes(text))).collect();
        let proof: Vec<String> =
            prove(&hashed, 1).unwrap().iter().map(|hash| digest(hash).as_str()[7..].to_owned()).collect();
        assert_eq!(
            proof,
            [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ]
        );
    }

    #[test]
    fn a_leaf_that_is_not_there_has_no_proof() {
        assert_eq!(prove(&leaves(3), 3), None);
        assert_eq!(prove(&[], 0), None);
        assert!(!proves(&leaf(b""), 0, 0, &[], &root(&[])));
    }

    proptest! {
        #[test]
        fn every_leaf_is_proved_at_its_place_and_nowhere_else(count in 1_usize..70, at in 0_usize..70, other in 0_usize..70) {
            let (leaves, at, other) = (leaves(count), at % count, other % count);
            let (root, proof) = (root(&leaves), prove(&leaves, at).unwrap());
            prop_assert!(proves(&leaves[at], at, count, &proof, &root));
            if other != at {
                prop_assert!(!proves(&leaves[other], at, count, &proof, &root));
                prop_assert!(!proves(&leaves[at], other, count, &proof, &root));
            }
            prop_assert!(!proves(&leaves[at], at, count, &proof, &leaf(b"another root")));
            let mut longer = proof.clone();
            longer.push(root);
            prop_assert!(!proves(&leaves[at], at, count, &longer, &root));
            if let Some((_, shorter)) = proof.split_last() {
                prop_assert!(!proves(&leaves[at], at, count, shorter, &root));
            }
        }
    }
}
