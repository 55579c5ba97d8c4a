//! Versions as bytes that sort as semantic versioning says, so that a database can keep them in order.

use promptsync_core::versions::VersionNumber;

/// Major, minor and patch in eight bytes each, then the pre-release: none sorts last, numbers before words, fewer
/// identifiers before more.
pub(crate) fn sort_key(version: &VersionNumber) -> Vec<u8> {
    let (major, minor, patch) = version.parts();
    let mut key: Vec<u8> = [major, minor, patch].into_iter().flat_map(u64::to_be_bytes).collect();
    let text = version.to_string();
    let Some((_, prerelease)) = text.split_once('-') else {
        key.push(0xff);
        return key;
    };
    for identifier in prerelease.split('.') {
        if identifier.bytes().all(|byte| byte.is_ascii_digit()) {
            key.push(1);
            key.extend((identifier.len() as u64).to_be_bytes());
            key.extend(identifier.bytes());
        } else {
            key.push(2);
            key.extend(identifier.bytes());
            key.push(0);
        }
    }
    key.push(0);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_the_versions_do() {
        // The order of semver.org, item 11, with neighbours that a text comparison gets wrong.
        let ordered = [
            "0.0.0-0",
            "0.9.0",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-alpha-x",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1-a",
            "1.2.0",
            "1.10.0",
            "9.0.0",
            "10.0.0",
            "18446744073709551615.0.0",
        ];
        let versions: Vec<_> = ordered.iter().map(|text| VersionNumber::parse(text).unwrap()).collect();
        for (index, left) in versions.iter().enumerate() {
            for right in &versions[index + 1..] {
                assert!(left < right, "{left} {right}");
                assert!(sort_key(left) < sort_key(right), "{left} {right}");
            }
        }
    }
}
