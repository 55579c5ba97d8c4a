//! Signature Version 4, for requests whose path is `/` and that have no query.
//!
//! The official crate brings twenty others for these sixty lines. They are held against the vector that AWS publishes; the
//! server of the tests takes any signature.

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderValue, Request, header::AUTHORIZATION};
use promptsync_core::{digest::hex, time::Timestamp};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Credentials;

/// What a signature is good for.
pub(super) struct Scope<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

/// The request with its signature; nothing when a part of it cannot stand in a header.
pub(super) fn signed(
    mut request: Request<Bytes>,
    credentials: &Credentials,
    scope: &Scope<'_>,
    now: Timestamp,
) -> Option<Request<Bytes>> {
    let moment = now.format("%Y%m%dT%H%M%SZ").to_string();
    request.headers_mut().insert("x-amz-date", HeaderValue::from_str(&moment).ok()?);
    if let Some(token) = &credentials.session_token {
        let mut token = HeaderValue::from_str(token.expose()).ok()?;
        token.set_sensitive(true);
        request.headers_mut().insert("x-amz-security-token", token);
    }
    let host = request.uri().authority()?.as_str().to_owned();
    let mut headers: Vec<(String, String)> = vec![("host".to_owned(), host)];
    for (name, value) in request.headers() {
        headers.push((name.as_str().to_owned(), value.to_str().ok()?.trim().to_owned()));
    }
    headers.sort();
    let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!("{}\n/\n\n{lines}\n{names}\n{}", request.method(), hash(request.body()));
    let day = moment.get(..8)?;
    let Scope { region, service } = scope;
    let within = format!("{day}/{region}/{service}/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{moment}\n{within}\n{}", hash(canonical.as_bytes()));
    let secret = Zeroizing::new(format!("AWS4{}", credentials.secret_key.expose()));
    let key = [day, region, service, "aws4_request"]
        .iter()
        .fold(Zeroizing::new(secret.as_bytes().to_vec()), |key, part| Zeroizing::new(mac(&key, part)));
    let signature = hex(&mac(&key, &to_sign));
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={}/{within}, SignedHeaders={names}, Signature={signature}",
        credentials.access_key
    );
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_str(&value).ok()?);
    Some(request)
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use promptsync_core::secrets::SecretValue;

    use super::*;

    /// `post-vanilla` of the test suite that AWS publishes for implementers.
    #[test]
    fn the_published_vector_is_signed_as_published() {
        let credentials = Credentials {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: SecretValue::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into()),
            session_token: None,
        };
        let now = "2015-08-30T12:36:00Z".parse().expect("a moment");
        let scope = Scope { region: "us-east-1", service: "service" };
        let request = Request::post("https://example.amazonaws.com/").body(Bytes::new()).expect("a request");
        let signed = signed(request, &credentials, &scope, now).expect("signed");
        assert_eq!(
            signed.headers()[AUTHORIZATION],
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
    }
}
