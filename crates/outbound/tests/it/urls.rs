//! URLs that are refused, and those that are not. Ids such as S07 name rows of the project's table of bad inputs.

use promptsync_outbound::{Kind, Policy, Refused, kind};

/// The word each refusal is known by in the tables.
fn outcome(policy: &Policy, url: &str) -> &'static str {
    match policy.check(url) {
        Ok(_) => "ok",
        Err(Refused::Form { .. }) => "form",
        Err(Refused::Scheme) => "scheme",
        Err(Refused::UserInfo) => "user",
        Err(Refused::Host) => "host",
        Err(Refused::MetadataName) => "metadata name",
        Err(Refused::Port { .. }) => "port",
        Err(Refused::Address { kind }) => match kind {
            Kind::Public => "public",
            Kind::Metadata => "metadata",
            Kind::Loopback => "loopback",
            Kind::Private => "private",
            Kind::LinkLocal => "link-local",
            Kind::Shared => "shared",
            Kind::Multicast => "multicast",
            Kind::Documentation => "documentation",
            Kind::Translated => "translated",
            Kind::Reserved => "reserved",
        },
    }
}

const REFUSED: &[(&str, &str)] = &[
    // S03: addresses that are not public.
    ("http://10.0.0.1/", "private"),
    ("http://10.255.255.255", "private"),
    ("http://172.16.0.1/", "private"),
    ("http://172.31.255.254/", "private"),
    ("http://192.168.0.1/", "private"),
    ("http://100.64.0.1/", "shared"),
    ("http://100.127.255.255/", "shared"),
    ("http://127.0.0.1/", "loopback"),
    ("http://127.1.2.3/", "loopback"),
    ("http://0.0.0.0/", "reserved"),
    ("http://0.1.2.3/", "reserved"),
    ("http://169.254.0.1/", "link-local"),
    ("http://169.254.169.254/latest/meta-data/", "metadata"),
    ("http://169.254.170.2/v2/credentials", "metadata"),
    ("http://100.100.100.200/latest/meta-data/", "metadata"),
    ("http://192.0.0.192/opc/v2/", "metadata"),
    ("http://168.63.129.16/machine", "metadata"),
    ("http://192.0.0.1/", "reserved"),
    ("http://192.0.2.1/", "documentation"),
    ("http://192.88.99.1/", "translated"),
    ("http://198.18.0.1/", "documentation"),
    ("http://198.51.100.1/", "documentation"),
    ("http://203.0.113.1/", "documentation"),
    ("http://224.0.0.1/", "multicast"),
    ("http://239.255.255.250/", "multicast"),
    ("http://240.0.0.1/", "reserved"),
    ("http://255.255.255.255/", "reserved"),
    ("http://[::]/", "reserved"),
    ("http://[::1]/", "loopback"),
    ("http://[0:0:0:0:0:0:0:1]/", "loopback"),
    ("http://[::ffff:10.0.0.1]/", "translated"),
    ("http://[::ffff:127.0.0.1]/", "translated"),
    ("http://[::ffff:a9fe:a9fe]/", "translated"),
    ("http://[::ffff:8.8.8.8]/", "translated"),
    ("http://[::127.0.0.1]/", "translated"),
    ("http://[::ffff:0:127.0.0.1]/", "translated"),
    ("http://[64:ff9b::a00:1]/", "translated"),
    ("http://[64:ff9b::10.0.0.1]/", "translated"),
    ("http://[64:ff9b:1::1]/", "translated"),
    ("http://[2002:7f00:1::]/", "translated"),
    ("http://[2001:0:7f00:1::1]/", "translated"),
    ("http://[2001:10::1]/", "reserved"),
    ("http://[2001:db8::1]/", "documentation"),
    ("http://[3fff::1]/", "documentation"),
    ("http://[fc00::1]/", "private"),
    ("http://[fdff::1]/", "private"),
    ("http://[fd00:ec2::254]/", "metadata"),
    ("http://[fd20:ce::254]/", "metadata"),
    ("http://[fe80::1]/", "link-local"),
    ("http://[febf::1]/", "link-local"),
    ("http://[fec0::1]/", "private"),
    ("http://[ff02::1]/", "multicast"),
    ("http://[100::1]/", "reserved"),
    ("http://[4000::1]/", "reserved"),
    ("http://[5f00::1]/", "reserved"),
    // Other ways to write an address.
    ("http://2130706433/", "host"),
    ("http://0x7f000001/", "host"),
    ("http://0x7f.1/", "host"),
    ("http://0x7f.0x0.0x0.0x1/", "host"),
    ("http://017700000001/", "host"),
    ("http://0177.0.0.1/", "host"),
    ("http://127.1/", "host"),
    ("http://127.0.1/", "host"),
    ("http://010.0.0.1/", "host"),
    ("http://10.1/", "host"),
    ("http://8.8.2056/", "host"),
    ("http://127.0.0.1./", "host"),
    ("http://%31%32%37.0.0.1/", "host"),
    ("http://127%2e0%2e0%2e1/", "host"),
    ("http://[fe80::1%25eth0]/", "form"),
    ("http://[fe80::1%eth0]/", "form"),
    ("http://[::1]x/", "host"),
    ("http://[::1/", "host"),
    ("http://256.256.256.256/", "form"),
    ("http://1.2.3.4.5/", "form"),
    // S07: parsers that differ about where the host is.
    ("http://user:pass@host.example/", "user"),
    ("http://user@host.example/", "user"),
    ("http://allowed.com@evil.example", "user"),
    ("http://@evil.example/", "user"),
    ("http://:@evil.example/", "user"),
    ("http://evil.example#allowed.com", "form"),
    ("http://evil.example/#@allowed.com", "form"),
    ("http://allowed.com\\@evil.example", "form"),
    ("http:\\\\evil.example", "form"),
    ("http://allowed.com%23.evil.example/", "form"),
    ("http://allowed.com%2f.evil.example/", "form"),
    ("http://evil%2eexample/", "host"),
    ("http:/evil.example", "scheme"),
    ("http:evil.example", "scheme"),
    ("//evil.example/", "scheme"),
    ("/etc/passwd", "scheme"),
    ("http:///evil.example", "form"),
    ("http://:80/", "form"),
    ("http://?evil.example", "form"),
    ("", "scheme"),
    (" http://api.example.com", "form"),
    ("http://api.example.com/a b", "form"),
    ("http://api.exa\tmple.com/", "form"),
    ("http://api.example.com/\r\nHost: evil", "form"),
    ("http://api.example.com/\0", "form"),
    ("http://\u{24db}ocalhost/", "form"),
    ("http://127\u{3002}0\u{3002}0\u{3002}1/", "form"),
    // Names that are none of the internet.
    ("http://localhost/", "loopback"),
    ("http://LOCALHOST/", "loopback"),
    ("http://app.localhost/", "loopback"),
    ("http://localhost./", "host"),
    ("http://api.example.com./", "host"),
    ("http://api..example.com/", "host"),
    ("http://.example.com/", "host"),
    ("http://metadata.google.internal/computeMetadata/v1/", "metadata name"),
    ("http://METADATA/", "metadata name"),
    ("http://instance-data/latest", "metadata name"),
    ("https://kubernetes.default.svc/api", "metadata name"),
    // Other schemes.
    ("ftp://api.example.com/", "scheme"),
    ("file:///etc/passwd", "scheme"),
    ("gopher://api.example.com:70/_", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("data:text/html,x", "scheme"),
    ("ext::sh -c id", "form"),
    ("unix:///run/docker.sock", "scheme"),
    ("ws://api.example.com/", "scheme"),
    // S10: ports of other services.
    ("http://api.example.com:22/", "port"),
    ("http://api.example.com:25/", "port"),
    ("http://api.example.com:5432/", "port"),
    ("http://api.example.com:6379/", "port"),
    ("http://api.example.com:0/", "port"),
    ("http://8.8.8.8:53/", "port"),
    ("http://api.example.com:99999/", "form"),
    ("http://api.example.com:80:443/", "form"),
    ("http://api.example.com:-1/", "form"),
];

const ALLOWED: &[&str] = &[
    "https://api.example.com",
    "https://api.example.com/v1/chat?model=a%20b",
    "HTTPS://API.Example.COM/",
    "https://api.example.com:443/",
    "http://api.example.com:8080/",
    "https://vault.example.com:8200/v1/secret/data/app",
    "https://xn--bcher-kva.example/",
    "https://my_bucket.example.com/",
    "https://8.8.8.8/dns-query",
    "https://[2606:4700:4700::1111]/",
    "https://[2606:4700:4700:0:0:0:0:1111]:8443/",
];

#[test]
fn urls_that_reach_what_is_not_public_or_that_parsers_read_differently_are_refused() {
    let policy = Policy::default();
    let wrong: Vec<String> = REFUSED
        .iter()
        .map(|(url, expected)| (url, *expected, outcome(&policy, url)))
        .filter(|(_, expected, found)| expected != found)
        .map(|(url, expected, found)| format!("{url:?}: {found}, not {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), REFUSED.len(), wrong.join("\n"));
    for url in ALLOWED {
        assert_eq!(outcome(&policy, url), "ok", "{url}");
    }
}

#[test]
fn an_operator_opens_networks_and_ports_but_a_metadata_service_only_by_its_own_address() {
    let allow =
        ["10.0.0.0/8", "169.254.0.0/16", "127.0.0.1", "fd00::/8"].map(|text| text.parse().expect(text));
    let policy = Policy { allow: allow.to_vec(), ports: vec![80, 5556] };
    for url in [
        "http://10.1.2.3/",
        "http://127.0.0.1:5556/",
        "http://localhost:5556/",
        "http://169.254.1.1/",
        "http://[fd00::1]/",
    ] {
        assert_eq!(outcome(&policy, url), "ok", "{url}");
    }
    for (url, expected) in [
        ("http://127.0.0.2/", "loopback"),
        ("http://192.168.0.1/", "private"),
        ("http://[::ffff:10.1.2.3]/", "translated"),
        ("http://169.254.169.254/", "metadata"),
        ("http://[fd00:ec2::254]/", "metadata"),
        ("https://api.example.com/", "port"),
    ] {
        assert_eq!(outcome(&policy, url), expected, "{url}");
    }
    let single = Policy { allow: vec!["169.254.169.254".parse().expect("an address")], ..Policy::default() };
    assert_eq!(outcome(&single, "http://169.254.169.254/"), "ok");
}

#[test]
fn the_edges_of_every_special_network_are_where_the_registries_put_them() {
    let cases = [
        ("9.255.255.255", Kind::Public),
        ("11.0.0.0", Kind::Public),
        ("100.63.255.255", Kind::Public),
        ("100.128.0.0", Kind::Public),
        ("126.255.255.255", Kind::Public),
        ("128.0.0.0", Kind::Public),
        ("172.15.255.255", Kind::Public),
        ("172.32.0.0", Kind::Public),
        ("192.167.255.255", Kind::Public),
        ("192.169.0.0", Kind::Public),
        ("198.17.255.255", Kind::Public),
        ("198.20.0.0", Kind::Public),
        ("223.255.255.255", Kind::Public),
        ("224.0.0.0", Kind::Multicast),
        ("2001:200::", Kind::Public),
        ("2001:1ff:ffff::", Kind::Reserved),
        ("2001:db9::", Kind::Public),
        ("2003::", Kind::Public),
        ("3ffe:ffff::", Kind::Public),
        ("3fff:1000::", Kind::Public),
        ("1fff:ffff::", Kind::Reserved),
    ];
    for (address, expected) in cases {
        assert_eq!(kind(address.parse().expect(address)), expected, "{address}");
    }
}

#[test]
fn a_refusal_names_no_address_that_a_name_stands_for() {
    let refused =
        Policy::default().check_address("10.1.2.3".parse().expect("an address")).expect_err("private");
    assert_eq!(refused.to_string(), "the host is a private address, which this server does not call");
    assert!(refused.hint().is_some_and(|hint| hint.contains("outbound_allow")));
}
