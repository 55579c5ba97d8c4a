//! What a hostile render may take: memory is counted by the allocator of this test, so it has a file of its own.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use promptsync_core::{
    documents::Engine,
    limits::Limits,
    template::{Partials, Template},
};
use serde_json::{Value, json};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that the process held above its start while rendering, and whether the template was refused.
fn peak(source: &str, values: &Value) -> (usize, bool) {
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let limits = Limits::default();
    let rendered = Template::compile(Engine::Jinja, source, &Partials::new(), &limits)
        .and_then(|template| template.render(values.as_object().expect("a map"), &limits));
    (PEAK.load(Ordering::Relaxed) - before, rendered.is_err())
}

/// One test, so that nothing else allocates meanwhile.
#[test]
fn no_hostile_template_takes_64_mib_and_none_keeps_any() {
    let grow = |step: &str| {
        format!(
            "{{% set ns = namespace(s='aaaaaaaaaa', l=[1]) %}}{{% for i in range(60) %}}{step}{{% endfor %}}"
        )
    };
    let values = json!({"items": vec![0; 10_000], "text": "x".repeat(100_000)});
    let sources = [
        "{{ 'a' * 100000000 }}".to_owned(),
        "{{ ('a' * 100000000)|length }}".to_owned(),
        "{% set n = 100000000 %}{{ 'a' * n }}".to_owned(),
        "{% set n = 50000000 %}{{ ([0] * n)|sort|length }}".to_owned(),
        grow("{% set ns.s = ns.s ~ ns.s %}"),
        grow("{% set ns.s = ns.s + ns.s %}"),
        grow("{% set ns.s %}{{ ns.s }}{{ ns.s }}{% endset %}"),
        grow("{% set ns.s = ns.s|replace('a', 'aa') %}"),
        grow("{% set ns.s = ns.s|escape|escape|upper|urlencode|tojson|string %}"),
        grow("{% set ns.s = [ns.s, ns.s]|join(ns.s) %}"),
        grow("{% set ns.s = ns.s.replace('a', ns.s) %}"),
        grow("{% set ns.s = '%s%s' % (ns.s, ns.s) %}"),
        grow("{% set ns.s = '%s%s'|format(ns.s, ns.s) %}"),
        grow("{% set ns.s = ns.s|indent(1000) ~ ns.s|wordwrap(1) %}"),
        grow("{% set ns.l = ns.l + ns.l %}"),
        grow("{% set ns.l = [ns.l, ns.l] %}") + "{{ ns.l }}",
        grow("{% set ns.l = dict(a=ns.l, b=ns.l) %}") + "{{ ns.l|tojson }}",
        grow("{% set ns.l = {'a': ns.l, 'b': ns.l} %}") + "{{ ns.l|pprint }}",
        grow("{% set ns.l = ns.l|batch(2, ns.l)|list %}"),
        grow("{% set ns.l = ns.l|zip(ns.l)|list %}"),
        grow("{% set ns.l = ns.l|map('list')|list %}"),
        grow("{% set ns.l = text|list %}"),
        "{% for i in range(9999) %}{{ text }}{% endfor %}".to_owned(),
        format!("{{% for i in range(9999) %}}{}{{% endfor %}}", "x".repeat(60_000)),
        format!(
            "{{% macro m() %}}{}{{% endmacro %}}{{% for i in range(9999) %}}{{{{ m() }}}}{{% endfor %}}",
            "x".repeat(60_000)
        ),
        "{% for i in items %}{% for j in items %}{{ items|length }}{% endfor %}{% endfor %}".to_owned(),
        "{% for i in items %}{{ items|sort|list|reverse|tojson }}{% endfor %}".to_owned(),
        "{% for i in items %}{% for c in text %}{% break %}{% endfor %}{% endfor %}".to_owned(),
    ];
    peak("{{ 1 + 1 }}", &values);
    let before = LIVE.load(Ordering::Relaxed);
    for source in &sources {
        let (bytes, refused) = peak(source, &values);
        let start: String = source.chars().take(120).collect();
        assert!(bytes < 64 << 20, "{} MiB for {start}", bytes >> 20);
        assert!(refused, "rendered: {start}");
    }
    let kept = LIVE.load(Ordering::Relaxed).saturating_sub(before);
    assert!(kept < 1 << 20, "{kept} bytes are still held");
}
